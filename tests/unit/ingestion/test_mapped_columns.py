"""What a rule makes of a source's values; what it cannot read is handed on as delivered."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from ingestion.connectors.file_source import SourceRows
from ingestion.connectors.mapped_columns import mapped_column
from ingestion.connectors.mapping_schema import ColumnRule
from ingestion.connectors.source_columns import fits, kind_of, text_column, typed_column
from ingestion.contracts import Column

ZONE = "Asia/Shanghai"


def made(kind: str, rule: dict[str, object], **columns: object) -> list[str | None]:
    read = {
        name: values if not isinstance(values, list) else typed_column(pa.array(values))
        for name, values in columns.items()
    }
    count = len(next(iter(read.values())).values)
    column = Column(name="c", type=kind, nullable=True)
    rows = SourceRows(read, count)
    found = mapped_column(ColumnRule.model_validate(rule), column, rows.columns, count, ZONE)
    assert found.type == pa.binary()
    return [value if value is None else value.decode() for value in found.to_pylist()]


def test_amounts_become_minor_units_exactly() -> None:
    rule = {"from": "a", "decimals": 2, "thousands_separator": ","}
    given = ["1,234.5", "0.07", "-3", "12.345", "abc", "9007199254740993.01", None, " "]
    expected = ["123450", "7", "-300", "12.345", "abc", "900719925474099301", None, None]
    assert made("bigint", rule, a=given) == expected


def test_decimal_commas_do_not_take_points_for_granted() -> None:
    rule = {"from": "a", "decimals": 2, "decimal_separator": ","}
    assert made("bigint", rule, a=["1,5", "1.5"]) == ["150", "1.5"]


def test_a_flag_makes_amounts_negative() -> None:
    rule = {"from": "a", "decimals": 2, "negative_when": {"from": "f", "values": ["D"]}}
    assert made("bigint", rule, a=["1.00", "2.00", "-3.00"], f=["D", "C", "D"]) == [
        "-100",
        "200",
        "300",
    ]


def test_dates_and_moments_by_format_and_zone() -> None:
    days = {"from": "a", "format": "%d.%m.%Y"}
    assert made("date", days, a=["29.02.2024", "30.02.2024"]) == ["2024-02-29", "30.02.2024"]
    moments = {"from": "a", "format": "%d.%m.%Y %H:%M"}
    assert made("timestamp", moments, a=["01.01.2024 00:30"]) == ["2023-12-31T16:30:00Z"]
    vienna = {"from": "a", "time_zone": "Europe/Vienna"}
    assert made("timestamp", vienna, a=["2024-07-01 12:00", "2024-07-01T12:00+00:00"]) == [
        "2024-07-01T10:00:00Z",
        "2024-07-01T12:00:00Z",
    ]


def test_typed_moments_know_their_offset() -> None:
    moment = [datetime(2024, 1, 1, 17, tzinfo=UTC)]
    assert made("timestamp", {"from": "a"}, a=moment) == ["2024-01-01T17:00:00Z"]
    assert made("date", {"from": "a"}, a=moment) == ["2024-01-02"]
    assert made("timestamp", {"from": "a"}, a=[date(2024, 1, 2)]) == ["2024-01-01T16:00:00Z"]


def test_values_are_translated_and_missing_ones_too() -> None:
    rule = {"from": "a", "values": {"1": "male", "2": "female", "": "unknown"}}
    assert made("string", rule, a=["1", " 2 ", None, "3"]) == ["male", "female", "unknown", "3"]
    assert made("string", {**rule, "otherwise": "unknown"}, a=["3"]) == ["unknown"]


def test_columns_are_joined_and_a_missing_part_leaves_nothing() -> None:
    rule = {"from": ["a", "b"], "join": "/"}
    assert made("string", rule, a=["1", "2"], b=["x", None]) == ["1/x", None]


def test_percent_to_share_and_typed_decimals() -> None:
    assert made("numeric", {"from": "a", "multiply": "0.01"}, a=["1.75"]) == ["0.0175"]
    assert made("bigint", {"from": "a"}, a=[Decimal("12.00")]) == ["12"]
    assert made("bigint", {"from": "a"}, a=[Decimal("12.50")]) == ["12.50"]


def test_undecodable_bytes_stay_undecodable() -> None:
    broken = "号".encode("gb18030")[:1]
    fields = pa.array([broken, "好".encode("gb18030").decode("latin-1").encode()], pa.binary())
    fields = pa.array([broken.decode("latin-1").encode(), fields[1].as_py()], pa.binary())
    column = text_column(fields, "GB18030", is_latin=True)
    found = mapped_column(
        ColumnRule.model_validate("a"),
        Column(name="c", type="string", nullable=True),
        {"a": column},
        2,
        ZONE,
    )
    assert found.to_pylist() == [b"\xff" + broken, "好".encode()]


@pytest.mark.parametrize(
    ("kind", "column", "rule", "expected"),
    [
        (pa.float64(), "bigint", {"from": "a"}, False),
        (pa.float64(), "bigint", {"from": "a", "decimals": 2}, True),
        (pa.bool_(), "date", {"from": "a"}, False),
        (pa.binary(), "string", {"from": "a"}, False),
        (pa.list_(pa.int64()), "string", {"from": "a"}, False),
        (pa.int64(), "string", {"from": "a"}, True),
        (pa.int64(), "date", {"from": "a", "values": {"0": None}}, True),
        (pa.null(), "date", {"from": "a"}, True),
    ],
)
def test_types_that_fit(
    kind: pa.DataType, column: str, rule: dict[str, object], expected: bool
) -> None:
    wanted = Column(name="c", type=column, nullable=True)
    assert fits(kind_of(kind), wanted, ColumnRule.model_validate(rule)) is expected
