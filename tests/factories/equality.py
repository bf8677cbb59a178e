"""Everything that two equal nights have in common, computed from the tables themselves."""

from typing import Any

from dags.pipeline_support import fingerprinting
from warehouse.connection import connect
from warehouse.fingerprints import FingerprintSpec, compute
from warehouse.ledger import Run
from warehouse.settings import Settings

Content = dict[str, Any]

AUDIT_COLUMNS = (
    "run_id", "loaded_at", "publication_id", "created_at", "ciphertext", "recorded_night",
    "may_exist",  # depends on the number of attempts
)  # fmt: skip
EXEMPT_SCHEMAS = ("ops", "vault", "truth", "public")
_NIGHT = Run("", "night", None, None, 0)  # type: ignore[arg-type]
_TABLES = """
    select n.nspname || '.' || c.relname,
        array(select a.attname from pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            and a.attname = any(%s) order by 1)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition
        and n.nspname not like 'pg\\_%%' and n.nspname <> 'information_schema'
        and n.nspname <> all(%s)
    order by 1
"""
_OTHERS = {
    "load audit": "select arrived_date, feed, source_file, rows_read, rows_loaded, "
    "rows_quarantined, rows_deduplicated, rows_deferred, control_column, control_declared, "
    "control_found, unverified_total from ops.load_audit order by 1, 2, 3",
    "feed status": "select * from ops.feed_status order by 1, 2",
    "vault": "select count(*), sum(hash_record_extended(row(token, party_id, column_name, "
    "value_hmac), 0)::numeric) from vault.personal_values",
    "readable rows": "select count(*), sum(hash_record_extended(row(list_row_id), 0)::numeric) "
    "from publication.open_rows",
}


def everything(settings: Settings) -> Content:
    """Fingerprints by (table, partition), computed now, and what is compared by its rows."""
    declared = {spec.table: spec for spec in fingerprinting.specifications(settings, _NIGHT)}
    content: Content = {}
    with connect(settings) as connection:
        found = connection.execute(_TABLES, [list(AUDIT_COLUMNS), list(EXEMPT_SCHEMAS)])
        others = {name: FingerprintSpec(name, "whole", exclude=tuple(x)) for name, x in found}
        for table, spec in (others | declared).items():
            for partition, fingerprint in compute(connection, spec).items():
                content[f"{table} {partition}".strip()] = fingerprint
        for name, query in _OTHERS.items():
            content[name] = connection.execute(query).fetchall()
    return content


def differences(one: Content, other: Content) -> dict[str, tuple[Any, Any]]:
    """What is not equal, by name, with both sides."""
    names = sorted(one.keys() | other.keys())
    pairs = {name: (one.get(name), other.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
