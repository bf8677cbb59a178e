"""A night ended by kill -9, wherever it was, is repaired by running it again."""

from factories.equality import differences, everything
from factories.history import LAST, TWICE, History
from factories.killing import kill_while_waiting
from factories.nights import play, rows, value

from dags.pipeline_support.night import NIGHT
from warehouse.settings import Settings

AT_BI = "lock table bi.bi_feed_quality__build in access exclusive mode"
EXPORTING = "lock table ops.export_audit in share mode"
MOVING = "select from ops.publication_state for update"
IN_MARTS = "lock table marts.fct_customer_aum in access exclusive mode"
LOADING = "lock table raw.transactions in access exclusive mode"


def steps_before(name: str) -> list[str]:
    order = [step.__name__ for step in NIGHT]
    return order[: order.index(name)]


def newest(bank: Settings) -> tuple[object, int]:
    """The newest date that readers see in BI, and of how many publications it is made."""
    (found,) = rows(bank, "select as_of_date, count(distinct publication_id) from ops.publications "
                    "where table_name = 'bi.bi_feed_quality' and status = 'in_force' "
                    "group by 1 order by 1 desc limit 1")  # fmt: skip
    return found


def test_killed_four_times_and_run_again_it_equals_an_undisturbed_night(
    bank: Settings, history: History
) -> None:
    """Each kill comes earlier in the night, so that no attempt mends what an earlier one left."""
    before = {row for (row,) in rows(bank, "select list_row_id from publication.open_rows")}

    assert kill_while_waiting(bank, LAST, AT_BI, MOVING) == steps_before("publish_night")
    assert newest(bank) == (TWICE, 1)
    readable = {row for (row,) in rows(bank, "select list_row_id from publication.open_rows")}
    assert set() < readable < before

    assert kill_while_waiting(bank, LAST, AT_BI, EXPORTING) == steps_before("export_lists")
    assert newest(bank) == (LAST, 1)

    assert kill_while_waiting(bank, LAST, IN_MARTS) == steps_before("build_marts")
    assert newest(bank) == (LAST, 1)

    assert kill_while_waiting(bank, LAST, LOADING) == steps_before("load_feeds")
    assert value(bank, "select count(*) from raw.transactions where arrived_date = %s", LAST) > 0

    assert play(bank, LAST).error is None
    assert differences(everything(bank), history.undisturbed) == {}
    statuses = rows(
        bank, "select status from ops.runs where business_date = %s order by fence", LAST
    )
    assert statuses == [("failed",)] * 4 + [("published",)]
    left = rows(bank, "select from ops.publications where status = 'staged'")
    assert left == []
