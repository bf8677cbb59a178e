from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from ingestion.contracts import Column
from ingestion.values import parse_column


def column(kind: str, **others: object) -> Column:
    return Column.model_validate({"name": "c", "type": kind, "nullable": True} | others)


def parse(kind: str, *texts: str | None, **others: object):
    fields = [None if text is None else text.encode() for text in texts]
    return parse_column(pa.array(fields, pa.binary()), column(kind, **others))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("bigint", "-9223372036854775808", -(2**63)),
        ("integer", "007", 7),
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("timestamp", "2024-05-01T10:00:00Z", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("timestamp", "2024-05-01 18:00:00+08:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("timestamp", "2024-05-01 10:00:00.25", datetime(2024, 5, 1, 10, 0, 0, 250000, tzinfo=UTC)),
        ("numeric", "1.000000001", Decimal("1.000000001")),
        ("boolean", "True", True),
        ("boolean", "0", False),
        ("string", " 活期 ", " 活期 "),
    ],
)
def test_text_becomes_the_value_of_its_type(kind: str, text: str, value: object) -> None:
    parsed = parse(kind, text)
    assert parsed.values.to_pylist() == [value]
    assert parsed.failures == {}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("bigint", "9223372036854775808"),
        ("bigint", "1.0"),
        ("bigint", "0x1F"),
        ("bigint", "1e3"),
        ("bigint", " 1"),
        ("integer", "2147483648"),
        ("date", "2024-02-30"),
        ("date", "01.05.2024"),
        ("timestamp", "yesterday"),
        ("numeric", "1.0000000001"),
        ("numeric", "nan"),
        ("boolean", "yes"),
        ("boolean", ""),
    ],
)
def test_a_wrong_value_costs_only_its_own_row(kind: str, text: str) -> None:
    good = {
        "bigint": "1",
        "integer": "1",
        "date": "2024-01-01",
        "timestamp": "2024-01-01",
        "numeric": "1",
        "boolean": "1",
    }[kind]
    parsed = parse(kind, good, text, good, None, good)
    assert [value is None for value in parsed.values.to_pylist()] == [0, 1, 0, 1, 0]
    assert parsed.failures["wrong_type"].tolist() == [False, True, False, False, False]


def test_null_where_the_contract_forbids_it() -> None:
    assert parse("date", None, nullable=False).failures["null_not_allowed"].tolist() == [True]


def test_a_value_outside_the_list_is_marked_and_a_null_is_not() -> None:
    parsed = parse("string", "open", "shut", None, allowed=["open"])
    assert parsed.failures["value_not_allowed"].tolist() == [False, True, False]


def test_an_unknown_currency_is_marked() -> None:
    parsed = parse("string", "CNY", "CNX", "cny", format="currency")
    assert parsed.failures["unknown_currency"].tolist() == [False, True, True]


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_a_field_that_cannot_be_decoded_costs_only_its_own_row(encoding: str) -> None:
    fields = ["储蓄".encode(encoding), b"\x81\x20", b"plain", b"nul\x00"]
    parsed = parse_column(pa.array(fields, pa.binary()), column("string"), encoding)
    assert parsed.values.to_pylist() == ["储蓄", None, "plain", None]
    assert parsed.failures["undecodable_field"].tolist() == [False, True, False, True]


def test_text_of_a_parquet_file_is_checked_too() -> None:
    broken = pa.array([b"ok", b"\xff"], pa.binary()).view(pa.string())
    assert parse_column(broken, column("string")).values.to_pylist() == ["ok", None]


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (pa.array([1, None], pa.int16()), "bigint", [1, None]),
        (pa.array([1.0]), "bigint", [None]),
        (pa.array([2**40]), "integer", [None]),
        (pa.array(["a"]).dictionary_encode(), "string", ["a"]),
        (pa.array(["a"], pa.large_string()), "string", ["a"]),
        (pa.array([0], pa.timestamp("ns")), "timestamp", [datetime(1970, 1, 1, tzinfo=UTC)]),
        (pa.array([0], pa.timestamp("s", tz="Asia/Tokyo")), "timestamp",
         [datetime(1970, 1, 1, tzinfo=UTC)]),
        (pa.array([2**30], pa.date32()), "date", [None]),
        (pa.array([1]), "date", [None]),
        (pa.array([None], pa.null()), "date", [None]),
        (pa.array([Decimal("1.5")]), "numeric", [Decimal("1.5")]),
        (pa.array([True]), "string", [None]),
    ],
)  # fmt: skip
def test_parquet_types_are_taken_only_without_loss(values, kind, expected) -> None:
    parsed = parse_column(values, column(kind))
    assert parsed.values.to_pylist() == expected
    wrong = [
        old and new is None
        for old, new in zip(values.is_valid().to_pylist(), expected, strict=True)
    ]
    assert parsed.failures.get("wrong_type", np.zeros(len(values), bool)).tolist() == wrong


def test_a_row_has_one_reason() -> None:
    fields = pa.array([b"\xff"], pa.binary())
    parsed = parse_column(fields, column("string", allowed=["a"], nullable=False))
    assert list(parsed.failures) == ["undecodable_field"]
