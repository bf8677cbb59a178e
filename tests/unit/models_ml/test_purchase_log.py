"""Files of purchases: what is read, and where a wrong value is said to be."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models_ml.lifetime_value.purchase_log import (
    Columns,
    PurchaseLog,
    PurchaseLogError,
    read_purchases,
)
from models_ml.lifetime_value.summary import day_number

NAMED = Columns("customer_id", "date", "amount")
NUMBERED = Columns("1", "3", "4")
EXPECTED = [
    ("00007", day_number(date(2024, 2, 29)), 123_400),
    ("Zoë, 8", day_number(date(2024, 3, 1)), 0),
]


def read(folder: Path, text: str, columns: Columns = NAMED, end: date | None = None) -> PurchaseLog:
    file = folder / "purchases.csv"
    file.write_bytes(text.encode())
    return read_purchases(file, columns, end)


@pytest.mark.parametrize(
    "text",
    [
        'customer_id,date,amount\n00007,2024-02-29,12.34\n"Zoë, 8",2024-03-01,0\n',
        "\ufeffdate;note;amount;customer_id\r\n20240229;x;12.34;00007\r\n"
        '20240301;;0.0;"Zoë, 8"\r\n',
        "date\tamount\tcustomer_id\tin words, or; none\n\n2024-02-29T23:59:59\t1.234e1\t00007\t\n"
        "2024-03-01 00:00\t0\tZoë, 8\t",
    ],
    ids=["commas", "semicolons", "tabs"],
)
def test_text_files_are_read_as_they_come(tmp_path: Path, text: str) -> None:
    log = read(tmp_path, text)
    assert list(log.rows()) == EXPECTED
    assert (log.first_day, log.last_day) == (date(2024, 2, 29), date(2024, 3, 1))


def test_columns_set_apart_by_blanks_need_no_header(tmp_path: Path) -> None:
    log = read(tmp_path, " 00007 1  20240229   12.34\r\n 00008 1  20240301    0\r\n\r\n", NUMBERED)
    assert list(log.rows()) == [EXPECTED[0], ("00008", *EXPECTED[1][1:])]


@pytest.mark.parametrize(
    "columns",
    [
        {"date": pa.array([date(2024, 2, 29), date(2024, 3, 1)]),
         "amount": pa.array([Decimal("12.34"), Decimal("0.00")])},
        {"date": pa.array(["2024-02-29", "20240301"]), "amount": pa.array([12.34, 0.0])},
        {"date": pa.array([1709251199, 1709251200], pa.timestamp("s", "UTC")),
         "amount": pa.array(["12.34", "0"])},
    ],
    ids=["dates and decimals", "texts and floats", "timestamps"],
)  # fmt: skip
def test_parquet_is_read_in_every_type(tmp_path: Path, columns: dict[str, object]) -> None:
    file = tmp_path / "purchases.parquet"
    ids = pa.array(["00007", "Zoë, 8"]).dictionary_encode()
    pq.write_table(pa.table({"note": pa.array([1, 2]), "customer_id": ids, **columns}), file)
    assert list(read_purchases(file, NAMED).rows()) == EXPECTED


def test_amounts_are_kept_to_four_decimals(tmp_path: Path) -> None:
    rows = "".join(f"a,2024-01-01,{amount}\n" for amount in ("0.1", "0.00004", "1.00006", "1e9"))
    log = read(tmp_path, "customer_id,date,amount\n" + rows)
    assert log.amounts.tolist() == [1_000, 0, 10_001, 10_000_000_000_000]


HEADER = "customer_id,date,amount\n"
GOOD = "secret7,2024-01-31,5\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HEADER + GOOD + "secret7,2024-02-30,5\n", "line 3, column date"),
        (HEADER + GOOD + "\nsecret7,31.01.2024,5\n", "line 4, column date"),
        (HEADER + "secret7,2024-1-31,5\n" + GOOD + "secret7,,5\n", "line 2, column date; 2 such"),
        (HEADER + "secret7,2024-W05-3,5\n", "line 2, column date"),
        (HEADER + GOOD + "secret7,2024-01-31,-5\n", "a negative one"),
        (HEADER + GOOD + "secret7,2024-01-31,\n", "line 3, column amount"),
        (HEADER + GOOD + 'secret7,2024-01-31,"5,00"\n', "line 3, column amount"),
        (HEADER + GOOD + "secret7,2024-01-31,nan\n", "line 3, column amount"),
        (HEADER + GOOD + "secret7,2024-01-31,1e400\n", "line 3, column amount"),
        (HEADER + GOOD + "secret7,2024-02-02,5\n", "no purchase after 2024-02-01"),
        (HEADER + GOOD + ",2024-01-31,5\n", "line 3, column customer_id"),
        (HEADER + GOOD + "secret7,2024-01-31\n", "line 3"),
        (HEADER + GOOD + "secret7,2024-01-31,5,6\n", "3 columns as in the first line"),
        (HEADER + 'secret7,"2024-01-31\nsecret7', "Error"),
        ("customer,date,amount\n" + GOOD, "none called customer_id"),
        (HEADER, "at least one purchase"),
        (HEADER + "secret7,2024-01-31,1e12\n", "at least one purchase, and at most"),
        ("", "an empty file"),
    ],
)
def test_a_wrong_value_is_refused_with_its_place_and_without_the_customer(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(PurchaseLogError) as error:
        read(tmp_path, text, end=date(2024, 2, 1))
    assert told in str(error.value)
    assert "purchases.csv" in str(error.value)
    assert "secret" not in str(error.value)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "purchases.csv"
    file.write_bytes(HEADER.encode() + b"\xff\xfe,2024-01-31,5\n")
    with pytest.raises(PurchaseLogError, match="UTF-8"):
        read_purchases(file, NAMED)
    parquet = file.rename(tmp_path / "purchases.parquet")
    with pytest.raises(PurchaseLogError, match="a parquet file"):
        read_purchases(parquet, NAMED)


def test_a_column_number_beyond_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PurchaseLogError, match="at least 4 columns"):
        read(tmp_path, GOOD, NUMBERED)


def test_numbers_where_there_is_a_header_point_to_its_line(tmp_path: Path) -> None:
    with pytest.raises(PurchaseLogError, match="line 1, column 2"):
        read(tmp_path, HEADER + GOOD, Columns("1", "2", "3"))
