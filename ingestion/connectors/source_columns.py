"""Columns of a source as text: what they hold is told apart before a feed's rules are applied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.arrow_text import Values
from ingestion.connectors.mapping_schema import ColumnRule
from ingestion.contracts import Column
from ingestion.values import Mask, decode

_FITTING = {
    "string": {"text", "integer", "decimal", "boolean", "date", "timestamp"},
    "date": {"text", "date", "timestamp"},
    "timestamp": {"text", "date", "timestamp"},
    "bigint": {"text", "integer", "decimal"},
    "integer": {"text", "integer", "decimal"},
    "numeric": {"text", "integer", "decimal", "float"},
    "boolean": {"text", "boolean", "integer"},
}


@dataclass(frozen=True)
class SourceColumn:
    """One column of some rows: as read, its kind, and fields that their encoding cannot read."""

    values: Values
    kind: str
    undecodable: Mask | None = None
    delivered: Values | None = None

    def text(self, column: Column, zone: str) -> Values:
        """As text for a column of a feed; moments without an offset are taken to be in `zone`."""
        if self.kind in ("text", "null"):
            return self.values.cast(pa.string())
        if self.kind == "timestamp":
            return _moment_text(self.values, zone, as_date=column.type == "date")
        return self.values.cast(pa.string())

    def filtered(self, keep: Values) -> SourceColumn:
        """The rows where `keep` is true."""
        mask = None if self.undecodable is None else self.undecodable[keep.to_numpy(False)]
        delivered = None if self.delivered is None else self.delivered.filter(keep)
        return SourceColumn(self.values.filter(keep), self.kind, mask, delivered)


def text_column(fields: Values, encoding: str, *, is_latin: bool) -> SourceColumn:
    """A column of a text file, its fields as bytes."""
    text, undecodable = decode(fields, encoding, is_latin=is_latin)
    if undecodable is None:
        return SourceColumn(text, "text")
    raw = [_raw(field, is_latin) for field in fields.to_pylist()]
    return SourceColumn(text, "text", undecodable, pa.array(raw, pa.binary()))


def typed_column(values: Values) -> SourceColumn:
    """A column of a parquet file or a database."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    return SourceColumn(values, kind_of(values.type))


def kind_of(found: pa.DataType) -> str:
    """What sort of values an Arrow type holds; `other` for what no feed can hold."""
    tests: dict[str, Callable[[pa.DataType], bool]] = {
        "null": pa.types.is_null,
        "boolean": pa.types.is_boolean,
        "integer": pa.types.is_integer,
        "decimal": pa.types.is_decimal,
        "float": pa.types.is_floating,
        "date": pa.types.is_date,
        "timestamp": pa.types.is_timestamp,
    }
    if pa.types.is_string(found) or pa.types.is_large_string(found):
        return "text"
    return next((kind for kind, test in tests.items() if test(found)), "other")


def fits(kind: str, column: Column, rule: ColumnRule) -> bool:
    """Whether values of a kind can become a column of a feed."""
    if kind == "null":
        return True
    if rule.values:
        return kind in _FITTING["string"]
    wanted = _FITTING["string"] if rule.source and len(rule.source) > 1 else _FITTING[column.type]
    return kind in wanted or (kind == "float" and rule.decimals is not None)


def _moment_text(values: Values, zone: str, *, as_date: bool) -> Values:
    """ISO 8601: UTC where the source knows the offset, else as it stands."""
    known = values.type.tz is not None
    micros = values.cast(pa.timestamp("us", tz=values.type.tz), safe=False)
    if as_date:
        local = pc.local_timestamp(micros.cast(pa.timestamp("us", tz=zone))) if known else micros
        return local.cast(pa.date32(), safe=False).cast(pa.string())
    if not known:
        return micros.cast(pa.string())
    utc = micros.cast(pa.timestamp("us", tz="UTC")).cast(pa.timestamp("us")).cast(pa.string())
    return pc.binary_join_element_wise(utc, "Z", "")


def _raw(field: bytes | None, is_latin: bool) -> bytes | None:
    return field.decode().encode("latin-1") if field is not None and is_latin else field
