from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ingestion.contracts import load_contracts
from ingestion.effective import business_dates, enters_dates

ZONES = ["Asia/Shanghai", "Europe/Prague", "America/St_Johns", "UTC", "Pacific/Apia"]
INSTANTS = st.datetimes(datetime(1950, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))


@given(st.lists(st.none() | INSTANTS, min_size=1, max_size=30), st.sampled_from(ZONES))
def test_business_dates_agree_with_the_standard_library(instants, zone: str) -> None:
    values = pa.array(instants, pa.timestamp("us", tz="UTC"))
    expected = [moment and moment.astimezone(ZoneInfo(zone)).date() for moment in instants]
    assert business_dates(values, zone).to_pylist() == expected


def test_a_row_enters_on_the_later_of_arrival_and_effect() -> None:
    schema = pa.schema(
        [
            ("opened_date", pa.date32()),
            ("booked_at", pa.timestamp("us", tz="UTC")),
            ("arrived_date", pa.date32()),
        ]
    )
    arrived = date(2024, 5, 1)
    late_evening = datetime(2024, 5, 1, 16, 0, tzinfo=UTC)
    rows = [
        {"opened_date": date(2024, 4, 1), "booked_at": late_evening, "arrived_date": arrived},
        {"opened_date": None, "booked_at": None, "arrived_date": arrived},
        {"opened_date": date(2024, 6, 1), "booked_at": late_evening, "arrived_date": arrived},
    ]
    batch = pa.RecordBatch.from_pylist(rows, schema)
    contracts = load_contracts()

    def enters(feed: str) -> list[date]:
        return enters_dates(batch, contracts[feed], "Asia/Shanghai").to_pylist()

    assert enters("accounts") == [arrived, arrived, date(2024, 6, 1)]
    assert enters("transactions") == [date(2024, 5, 2), arrived, date(2024, 5, 2)]
    assert enters("consents") == [arrived] * 3
