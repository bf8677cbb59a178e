"""A gate that fails after the lists were decided: nobody sees the night, nobody is harmed."""

from datetime import timedelta

from factories.equality import differences, everything
from factories.history import LAST, TWICE, History
from factories.nights import play, rows, value

from dags.pipeline_support.publishing import bi_tables
from warehouse.connection import connect
from warehouse.errors import GateError
from warehouse.settings import Settings

SPOIL = """
    update publication.list_rows__published set expected_value_amount = -1
    where (publication_id, list_row_id) = (
        select publication_id, min(list_row_id) from publication.list_rows__published
        where night_date = %s group by publication_id order by publication_id desc limit 1)
"""


def spoil_one_row(bank: Settings) -> None:
    with connect(bank) as connection:
        assert connection.execute(SPOIL, [LAST]).rowcount == 1


def readable(bank: Settings) -> set[str]:
    return {row for (row,) in rows(bank, "select list_row_id from publication.open_rows")}


def published_dates(bank: Settings) -> set[object]:
    """The newest date in every published table, as its readers see it."""
    with connect(bank) as connection:
        tables = [*bi_tables(connection), "publication.list_rows"]
    return {value(bank, f"select max(as_of_date) from {table}") for table in tables}


def test_a_failed_activation_gate_shows_nobody_the_night_and_withdraws_the_revoked_row(
    bank: Settings, history: History
) -> None:
    before = readable(bank)
    assert history.revoked_row in before
    assert published_dates(bank) == {TWICE}
    seen: dict[str, set[str]] = {}

    def look(step: str) -> None:
        seen[step] = readable(bank)
        if step == "decide_options":
            spoil_one_row(bank)

    failed = play(bank, LAST, watch=look)
    assert isinstance(failed.error, GateError)
    assert failed.error.expected == "expected value is not negative"
    assert failed.step == "check_activation"
    assert seen["start_night"] == set()
    after_withdrawals = seen["withdraw_rows"]
    assert set() < after_withdrawals < before - {history.revoked_row}
    assert {frozenset(found) for step, found in seen.items() if step != "start_night"} == {
        frozenset(after_withdrawals)
    }
    assert readable(bank) == after_withdrawals
    assert published_dates(bank) == {TWICE}
    reasons = rows(bank, "select reason, withdrawn_date from publication.withdrawals "
                   "where list_row_id = %s", history.revoked_row)  # fmt: skip
    assert ("consent_revoked", LAST) in reasons
    runs = rows(bank, "select status, reason from ops.runs order by fence desc limit 1")
    ((status, reason),) = runs
    assert status == "failed"
    assert "check_activation" in reason

    refused = play(bank, LAST + timedelta(days=1))
    assert refused.error is not None
    assert refused.lists == "open"

    assert play(bank, LAST).error is None
    assert published_dates(bank) == {LAST}
    assert history.revoked_row not in readable(bank)
    assert differences(everything(bank), history.undisturbed) == {}
