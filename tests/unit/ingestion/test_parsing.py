import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from factories.landing import LandingBuilder, valid_row, valid_rows

from ingestion.contracts import ARRIVED, load_contracts
from ingestion.landing import LandedFile
from ingestion.manifest import read_manifest
from ingestion.parsing import Span
from ingestion.sources import parsed_chunks

DAY = date(2024, 5, 1)
NIGHT = Span(DAY, DAY, is_historic=False)


def parse(builder: LandingBuilder, span: Span = NIGHT):
    folder = builder.write()
    landed = LandedFile(folder, read_manifest(folder).files[0])
    return list(parsed_chunks(landed, load_contracts()[landed.entry.feed], span))


@pytest.mark.parametrize("file_format", ["parquet", "csv", "csv.gz"])
@pytest.mark.parametrize("feed", sorted(load_contracts()))
def test_rows_come_through_unchanged_in_every_format(
    tmp_path: Path, feed: str, file_format: str
) -> None:
    rows = valid_rows(feed, 3, DAY)
    (chunk,) = parse(LandingBuilder(tmp_path, DAY).add(feed, rows, file_format=file_format))
    expected = [row | {ARRIVED: DAY, "source_row": n} for n, row in enumerate(rows, start=1)]
    assert chunk.rows.to_pylist() == expected
    assert chunk.rejects == ()


def test_a_reject_keeps_text_reason_party_and_control_value(tmp_path: Path) -> None:
    rows = valid_rows("contacts", 3, DAY)
    rows[1] |= {"channel": "smoke_signal", "cost_amount": 77}
    (chunk,) = parse(LandingBuilder(tmp_path, DAY).add("contacts", rows, file_format="csv"))
    (reject,) = chunk.rejects
    assert (reject.source_row, reject.reason, reject.detail, reject.party_id) == (
        2, "value_not_allowed", "column channel", "P0000002",
    )  # fmt: skip
    assert json.loads(reject.text)["channel"] == "smoke_signal"
    assert (reject.control_value, chunk.control_sum, chunk.control_unknown) == (77, 477, 0)
    assert chunk.rows_read == 3


def test_an_unreadable_control_value_is_counted_as_unknown(tmp_path: Path) -> None:
    rows = [valid_row("standing_orders", 1, DAY), valid_row("standing_orders", 2, DAY, amount="x")]
    (chunk,) = parse(LandingBuilder(tmp_path, DAY).add("standing_orders", rows, file_format="csv"))
    assert (chunk.control_sum, chunk.control_unknown) == (100, 1)
    assert chunk.rejects[0].control_value is None


def test_an_undecodable_field_is_readable_in_quarantine(tmp_path: Path) -> None:
    builder = LandingBuilder(tmp_path, DAY)
    rows = valid_rows("customers", 2, DAY, occupation="老师")
    builder.add("customers", rows, file_format="csv", encoding="GB18030")
    name, content = next(iter(builder.contents.items()))
    builder.contents[name] = content.replace("老师".encode("gb18030"), b"\x81\xff", 1)
    (chunk,) = parse(builder)
    (reject,) = chunk.rejects
    assert (reject.reason, reject.detail) == ("undecodable_field", "column occupation")
    assert json.loads(reject.text)["occupation"] == "\\x81\\xff"
    assert chunk.rows.column("occupation").to_pylist() == ["老师"]


def test_historic_rows_say_when_they_arrived(tmp_path: Path) -> None:
    first = DAY - timedelta(days=9)
    dates = [first, DAY, DAY + timedelta(days=1), None]
    rows = [valid_row("leads", n, DAY, arrived_date=day) for n, day in enumerate(dates, start=1)]
    builder = LandingBuilder(tmp_path, first, DAY).add("leads", rows)
    (chunk,) = parse(builder, Span(first, DAY, is_historic=True))
    assert chunk.rows.column(ARRIVED).to_pylist() == [first, DAY]
    assert [(r.source_row, r.reason, r.arrived_date) for r in chunk.rejects] == [
        (3, "arrived_outside_landing", DAY),
        (4, "null_not_allowed", DAY),
    ]
