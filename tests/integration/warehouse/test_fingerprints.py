from datetime import date

import pytest

from warehouse.connection import connect
from warehouse.errors import WarehouseError
from warehouse.fingerprints import FingerprintSpec, compute, record, recorded
from warehouse.ledger import start_run
from warehouse.settings import Settings

BY_DATE = FingerprintSpec("marts.t", "as_of_date", "d", exclude=("run_id",))
BY_MONTH = FingerprintSpec("marts.t", "month", "d", exclude=("run_id",))
WHOLE = FingerprintSpec("marts.t", "whole", exclude=("run_id",))
ROWS = "(1, '2024-01-31', 'a', 'r1'), (2, '2024-02-01', null, 'r1'), (3, '2024-02-01', 'c', 'r1')"


@pytest.fixture
def connection(warehouse: Settings):
    with connect(warehouse) as connection:
        connection.execute("create table marts.t (i bigint, d date, t text, run_id text)")
        connection.execute(f"insert into marts.t values {ROWS}")
        yield connection
        connection.rollback()


def test_order_and_audit_columns_do_not_matter(connection) -> None:
    before = compute(connection, BY_DATE)
    assert {name: count for name, (count, _) in before.items()} == {
        "2024-01-31": 1, "2024-02-01": 2,
    }  # fmt: skip
    connection.execute("create table marts.u (run_id text, t text, i bigint, d date)")
    connection.execute("insert into marts.u select 'r2', t, i, d from marts.t order by i desc")
    other = FingerprintSpec("marts.u", "as_of_date", "d", exclude=("run_id",))
    assert compute(connection, other) == before


@pytest.mark.parametrize(
    "change",
    [
        "update marts.t set t = 'x' where i = 3",
        "update marts.t set t = '' where i = 2",
        "delete from marts.t where i = 3",
        "insert into marts.t select * from marts.t where i = 3",
        "insert into marts.t select m.* from marts.t m, generate_series(1, 2) where i = 3",
    ],
)
def test_every_change_of_a_row_shows_in_its_partition_only(connection, change: str) -> None:
    before = compute(connection, BY_DATE)
    connection.execute(change)
    after = compute(connection, BY_DATE)
    assert after["2024-02-01"] != before["2024-02-01"]
    assert after["2024-01-31"] == before["2024-01-31"]
    assert compute(connection, WHOLE)[""] != before


def test_named_partitions_agree_with_all(connection) -> None:
    for spec, name in ((BY_DATE, "2024-02-01"), (BY_MONTH, "2024-02")):
        assert compute(connection, spec, [name]) == {name: compute(connection, spec)[name]}
    assert compute(connection, BY_MONTH, ["2030-01", "2024-01"])["2030-01"] == (0, 0)
    assert compute(connection, BY_DATE, []) == {}


def test_null_dates_are_not_lost(connection) -> None:
    connection.execute("insert into marts.t values (4, null, 'x', 'r')")
    assert sum(count for count, _ in compute(connection, BY_MONTH).values()) == 4


def test_a_run_records_what_it_touched(warehouse: Settings, connection) -> None:
    connection.commit()
    run = start_run(warehouse, "historic", date(2024, 2, 1), date(2024, 1, 31))
    record(connection, run, [BY_DATE])
    assert recorded(connection, run.run_id) == {
        ("marts.t", name): found for name, found in compute(connection, BY_DATE).items()
    }
    record(connection, run, [BY_DATE], {"marts.t": ["2024-02-01"]})
    connection.execute("update marts.t set t = 'z'")
    record(connection, run, [BY_DATE], {"marts.t": ["2024-02-01"]})
    found = recorded(connection, run.run_id)
    assert found["marts.t", "2024-02-01"] == compute(connection, BY_DATE)["2024-02-01"]
    assert found["marts.t", "2024-01-31"] != compute(connection, BY_DATE)["2024-01-31"]


def test_a_month_of_a_span_is_recorded_whole(warehouse: Settings, connection) -> None:
    connection.commit()
    run = start_run(warehouse, "night", date(2024, 2, 15))
    assert record(connection, run, [BY_MONTH]) == 1
    assert recorded(connection, run.run_id)["marts.t", "2024-02"][0] == 2


@pytest.mark.parametrize(
    "spec",
    [
        FingerprintSpec("marts.nowhere", "whole"),
        FingerprintSpec("marts.t", "month", "nothing"),
        FingerprintSpec("marts.t", "whole", exclude=("loaded_att",)),
    ],
)
def test_unknown_tables_and_columns_are_refused(connection, spec: FingerprintSpec) -> None:
    with pytest.raises(WarehouseError, match=spec.table):
        compute(connection, spec)


def test_types_without_a_stable_hash_are_refused(connection) -> None:
    connection.execute(
        "create type marts.stage as enum ('a'); create table marts.j (a marts.stage, b jsonb)"
    )
    with pytest.raises(WarehouseError, match="found:    a, b"):
        compute(connection, FingerprintSpec("marts.j", "whole"))
