"""The published channel table again, this time by the models of the warehouse, touch by touch."""

from __future__ import annotations

import csv
import gzip
from datetime import date

import pytest

from dags.pipeline_support import markov
from tests.golden.attribution.channel_paths import PATHS, PUBLISHED
from tests.integration.dbt_project.attribution_bank import AttributionBank
from warehouse.connection import connect
from warehouse.ledger import Run
from warehouse.settings import Settings

NIGHT = date(2024, 2, 15)
FIRST = date(2024, 1, 1)
MODELS = ("first", "last", "linear", "position_based")

pytestmark = [
    pytest.mark.long,
    pytest.mark.real_data,
    pytest.mark.skipif(not PATHS.exists(), reason="no channel_paths data; set BANKLOOP_DATA_DIR"),
]

# Every conversion of a path is a customer who was touched once a minute along it.
_JOURNEYS = """
create temporary table journeys as
select 'C' || row_number() over (order by path, n) as customer_id,
    string_to_array(path, ' > ') as channels
from paths cross join generate_series(1, conversions) as n;
insert into marts.fct_conversions
select 'k' || customer_id, customer_id, 'product_opening', 'P', '2024-02-01 12:00+00', '2024-02-01',
    100, 'CNY' from journeys;
insert into marts.fct_contacts
select customer_id || '-' || step, customer_id, customer_id, channels[step], null, null,
    timestamptz '2024-02-01 12:00+00' - (cardinality(channels) + 1 - step) * interval '1 minute',
    '2024-02-01', 'delivered', '2024-02-01'
from journeys cross join lateral generate_subscripts(channels, 1) as step;
analyze marts.fct_contacts;
"""


@pytest.fixture
def bank(warehouse: Settings) -> AttributionBank:
    made = AttributionBank(warehouse, FIRST)
    made.prepare()
    with gzip.open(PATHS, "rt", encoding="utf-8", newline="") as lines:
        rows = [(row["path"], int(row["total_conversions"])) for row in csv.DictReader(lines)]
    with connect(warehouse) as connection:
        connection.execute("create temporary table paths (path text, conversions integer)")
        with connection.cursor().copy("copy paths from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        connection.execute(_JOURNEYS)
    return made


def test_the_warehouse_gives_the_published_credit(bank: AttributionBank) -> None:
    bank.build(NIGHT, whole=True)
    found = {
        (model, channel): float(credit)
        for model, channel, credit in bank.rows(
            "select model, channel, round(sum(credit), 3) from attribution.attr_channel_summary"
            " group by model, channel"
        )
    }
    for column, model in enumerate(MODELS):
        assert {c: found[model, c] for c in PUBLISHED} == {
            channel: row[column] for channel, row in PUBLISHED.items()
        }
    with connect(bank.settings) as connection:
        markov.write_credits(bank.settings, connection, Run("r", "historic", NIGHT, FIRST, 1))
    credits = bank.rows("select channel, round(credit, 3) from attribution.markov_credits")
    assert {channel: float(credit) for channel, credit in credits if credit} == {
        channel: row[4] for channel, row in PUBLISHED.items()
    }
    assert bank.test("assert_attr_*") == 4
