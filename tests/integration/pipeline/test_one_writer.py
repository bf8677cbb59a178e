"""One writer, and nights in order: who comes at the wrong moment is told so and changes nothing."""

from datetime import timedelta

import pytest
from factories.history import FIRST, LAST, LAST_HISTORIC, TWICE
from factories.nights import play, rows

from dags.pipeline_support import historic
from warehouse import ledger
from warehouse.errors import LeaseError, RunOrderError
from warehouse.settings import Settings


def last_run(bank: Settings) -> tuple[object, ...]:
    return rows(bank, "select run_id, business_date, status from ops.runs order by fence desc")[0]


def test_a_second_night_is_refused_while_one_works_and_does_not_disturb_it(bank: Settings) -> None:
    run = ledger.start_run(bank, "night", LAST)
    with ledger.working(bank, run, "load_feeds") as connection:
        second = play(bank, LAST)
        connection.execute("create table ops.work_of_the_first as select 1 as done")
    assert isinstance(second.error, LeaseError)
    assert second.step == "start_night"
    assert run.run_id in second.found
    assert "wait" in second.error.remedy
    assert rows(bank, "select done from ops.work_of_the_first") == [(1,)]
    assert last_run(bank) == (run.run_id, LAST, "running")


def test_nights_run_in_order_and_a_historic_pass_only_first(bank: Settings) -> None:
    before = last_run(bank)
    for night in (TWICE - timedelta(days=1), LAST + timedelta(days=1)):
        refused = play(bank, night)
        assert isinstance(refused.error, RunOrderError)
        assert f"{TWICE}" in f"{refused.error}"
        assert f"{night}" in refused.found
        assert refused.lists == "open"
    folder = bank.archive_dir / f"{FIRST}_{LAST_HISTORIC}"
    with pytest.raises(RunOrderError, match="a warehouse without nights"):
        list(historic.run(bank, folder))
    assert last_run(bank) == before
