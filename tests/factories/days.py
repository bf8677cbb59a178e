"""The same landing rows loaded in one historic pass, and day by day; without scores and lists."""

from datetime import date, timedelta
from pathlib import Path

from factories.equality import Content
from factories.landing_changes import split_by_day
from factories.nights import QUICK

from dags.pipeline_support import fingerprinting, practice, steps
from ingestion.verification import forget_verified
from simulator import simulate_history
from warehouse import ledger
from warehouse.connection import connect
from warehouse.fingerprints import compute
from warehouse.ledger import Run
from warehouse.run_order import Kind
from warehouse.settings import Settings

COMPARED = ("marts.", "features.", "tags.")
AS_JUDGED = ("tags.tag_quality", "tags.customer_tag_changes")
"""Tables that say what earlier nights said, which a historic pass does not have."""
LAST_DAY_ONLY = (
    "features.ftr_customers",
    "features.ftr_customers__windows",
    "tags.customer_tags",
    "tags.tag_memberships",
    "tags.tag_membership_overlaps",
)
"""Tables of which a historic pass makes its last day's rows only."""
TAGS_AS_OF = (
    "select count(*), sum(hash_record_extended(row(customer_id, tag_code, tag_value), 0)::numeric)"
    " from tags.tags_as_of(%s)"
)
"""Of the history of tags, which begins with the first night, only its last day is the same."""
_WORK = (
    steps.verify_landing,
    steps.load_feeds,
    steps.build_staging,
    steps.build_intermediate,
    steps.build_marts,
    steps.build_features,
    steps.build_tags,
)


def in_one_pass(settings: Settings) -> Path:
    """Simulate the history of `settings` and load it as a whole; returns its landing folder."""
    practice.prepare_warehouse(settings)
    folder = simulate_history(settings)
    first, last = (date.fromisoformat(part) for part in folder.name.split("_"))
    load_span(settings, "historic", first, last)
    return folder


def day_by_day(settings: Settings, historic: Path) -> list[date]:
    """Load the rows of a historic landing as one night a day; returns the days."""
    practice.prepare_warehouse(settings)
    days = [
        date.fromisoformat(folder.name) for folder in split_by_day(historic, settings.landing_dir)
    ]
    for day in days:
        load_span(settings, "night", day, day)
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    return days


def content(settings: Settings, last: date) -> Content:
    """Fingerprints of marts, features and tags by (table, partition)."""
    run = Run("", "historic", last, last, 0)
    found: Content = {}
    with connect(settings) as connection:
        for spec in fingerprinting.specifications(settings, run):
            if not spec.table.startswith(COMPARED) or spec.table in AS_JUDGED:
                continue
            only = [last.isoformat()] if spec.table in LAST_DAY_ONLY else None
            for partition, fingerprint in compute(connection, spec, only).items():
                found[f"{spec.table} {partition}"] = fingerprint
        row = connection.execute(TAGS_AS_OF, [last]).fetchone()
        assert row is not None
        found["tags.customer_tag_history as of its last day"] = (row[0], row[1])
    return found


def load_span(
    settings: Settings, kind: Kind, first: date, last: date, *, archived: bool = False
) -> None:
    """Load a landing as one run and build everything up to the tags; archive it if asked."""
    forget_verified()
    run = ledger.start_run(settings, kind, last, first)
    with ledger.working(settings, run, "start") as connection:
        steps.prepare_tables(connection)
    for step in _WORK:
        step(settings, last, QUICK)
    if archived:
        steps.archive_landing(settings, last, QUICK)
    ledger.finish_run(settings, run, "published")
