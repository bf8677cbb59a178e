from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
import pyarrow as pa
import pytest

from warehouse import bulk
from warehouse.bulk import copy_arrow, read_arrow, read_arrow_table
from warehouse.connection import connect
from warehouse.errors import WarehouseError
from warehouse.settings import Settings

AT = datetime(2024, 1, 1, 3, 4, 5, 678, tzinfo=UTC)
COLUMNS = """a text, b bigint, c date, d timestamptz, e numeric(18, 9), f boolean, g bytea,
h text, i double precision, j text default 'defaulted'"""
ROWS = pa.table(
    {
        "i": [1.5, None, -0.0, 1e300],
        "a": ["x", "", None, 'q"u,\n\\.\r\ttab 客户 \\N'],
        "b": [2**62, None, -2, 0],
        "c": [date(2024, 1, 1), None, date(1, 1, 1), date(2999, 12, 31)],
        "d": pa.array([AT, None, AT, AT], pa.timestamp("us", "UTC")),
        "e": pa.array([Decimal("1.5"), None, Decimal("1E-9"), Decimal(0)], pa.decimal128(18, 9)),
        "f": [True, False, None, True],
        "g": [b"\x00\xff", None, b"", b"abc"],
        "h": pa.array(["a", "b", None, "a"]).dictionary_encode(),
    }
)


@pytest.fixture
def table(warehouse: Settings) -> Settings:
    with connect(warehouse) as connection:
        connection.execute(f"create table raw.t ({COLUMNS})")
    return warehouse


def test_what_goes_in_comes_out(table: Settings) -> None:
    with connect(table) as connection:
        assert copy_arrow(connection, "raw.t", ROWS) == 4
    query = "select i, a, b, c, d, e::text as e, f, g, h, j from raw.t"
    found = read_arrow_table(table, query).to_pydict()
    expected = ROWS.to_pydict()
    expected["e"] = ["1.500000000", None, "0.000000001", "0.000000000"]
    expected["j"] = ["defaulted"] * 4
    assert found == expected


def test_it_belongs_to_the_callers_transaction(table: Settings) -> None:
    with connect(table) as connection:
        copy_arrow(connection, "raw.t", ROWS.to_batches()[0])
        connection.rollback()
        assert connection.execute("select count(*) from raw.t").fetchone() == (0,)


def test_a_row_that_the_table_refuses_stops_all(table: Settings) -> None:
    with connect(table) as connection:
        connection.execute("alter table raw.t alter column b set not null")
        connection.commit()
        with pytest.raises(psycopg.errors.NotNullViolation):
            copy_arrow(connection, "raw.t", ROWS)


def test_long_input_is_sliced(table: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "_SLICE_ROWS", 7)
    whole = pa.table({"b": range(100)})
    sources = (whole, whole.combine_chunks().to_batches()[0], whole.to_reader(max_chunksize=33))
    with connect(table) as connection:
        for source in sources:
            assert copy_arrow(connection, "raw.t", source) == 100
        found = connection.execute("select count(*), sum(b), count(distinct b) from raw.t")
        assert found.fetchone() == (300, 3 * 4950, 100)
        assert copy_arrow(connection, "raw.t", whole.slice(0, 0)) == 0


def test_batches_have_the_asked_size_and_keep_the_order(server: Settings) -> None:
    settings = server.model_copy(update={"database": "postgres"})
    query = "select i, repeat('x', (i % 50)::int) as t from generate_series(1, 25000) as i"
    batches = list(read_arrow(settings, query, batch_rows=10_000))
    assert [batch.num_rows for batch in batches] == [10_000, 10_000, 5_000]
    assert pa.Table.from_batches(batches)["i"].to_pylist() == list(range(1, 25_001))
    monkey = list(read_arrow(settings, query, batch_rows=25_000))
    assert [batch.num_rows for batch in monkey] == [25_000]


def test_small_batches_of_the_driver_are_joined(
    server: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_ADBC_BATCH_BYTES", 1_000)
    settings = server.model_copy(update={"database": "postgres"})
    query = "select i from generate_series(1, 2500) as i"
    batches = list(read_arrow(settings, query, batch_rows=1_000))
    assert [batch.num_rows for batch in batches] == [1_000, 1_000, 500]
    assert pa.Table.from_batches(batches)["i"].to_pylist() == list(range(1, 2_501))


def test_no_rows_still_have_a_schema(server: Settings) -> None:
    settings = server.model_copy(update={"database": "postgres"})
    found = read_arrow_table(settings, "select 1::bigint as i, 'a'::text as t where false")
    assert found.num_rows == 0
    assert found.schema.names == ["i", "t"]


def test_numeric_is_refused_before_it_turns_into_text(server: Settings) -> None:
    settings = server.model_copy(update={"database": "postgres"})
    with pytest.raises(WarehouseError, match="share, total"):
        read_arrow_table(settings, "select 1 as i, 0.5 as share, 1::numeric as total")
