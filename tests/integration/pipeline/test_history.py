"""What each fault and each operator action of the shared history had to come to."""

import pytest
from factories.equality import differences
from factories.history import (
    ABSENT,
    ACCEPTED,
    CONFLICT,
    CONSENTS,
    CONTENT,
    FILES,
    FIRST,
    LAST,
    LAST_HISTORIC,
    MISSING_DAY,
    NIGHTS,
    REFUSED_AT_ONCE,
    REFUSED_LATER,
    REPEATED,
    ROWS,
    TIMES,
    TWICE,
    History,
)  # fmt: skip
from factories.nights import rows, value

from campaigns.withdrawal import WITHDRAWAL_FEEDS
from dags.pipeline_support.summary import summarise
from ingestion.contracts import load_contracts
from simulator import BadInput
from simulator.faults import FAULTY_ROWS
from warehouse.errors import LandingError, RunOrderError

FOUND = {
    "missing_manifest": "no manifest",
    "malformed_manifest": "not readable as JSON",
    "unknown_feed": "unknown: horoscopes",
    "wrong_hash": "sha256 ",
    "wrong_row_count": "rows",
    "wrong_control_total": "control total ",
    "missing_column": "branch_id",
    "bad_encoding": "",
    "missing_feed": "nothing about surveys",
}
WHERE = {
    "wrong_hash": "leads",
    "wrong_row_count": "app_events",
    "wrong_control_total": "transactions",
    "missing_column": "branch_visits",
    "bad_encoding": "branch_visits",
}


def test_every_knob_of_bad_input_was_used() -> None:
    used = {*REFUSED_AT_ONCE, *REFUSED_LATER, *(f for faults in ACCEPTED.values() for f in faults)}
    assert used == set(BadInput.__dataclass_fields__)


def test_history_holds_a_leap_day_and_the_nights_cross_a_year_end(history: History) -> None:
    assert (FIRST.year, LAST_HISTORIC.year, NIGHTS[0].year, LAST.year) == (2023, 2024, 2024, 2025)
    leap = value(history.settings, "select count(*) from raw.transactions "
                 "where arrived_date = '2024-02-29'")  # fmt: skip
    assert leap > 0


def test_every_night_ends_published(history: History) -> None:
    last = rows(history.settings, "select distinct on (business_date) business_date, kind, status "
                "from ops.runs order by business_date, fence desc")  # fmt: skip
    assert last == [(LAST_HISTORIC, "historic", "published"),
                    *((night, "night", "published") for night in NIGHTS)]  # fmt: skip


@pytest.mark.parametrize("fault", REFUSED_AT_ONCE)
def test_without_withdrawal_feeds_nothing_is_loaded_and_lists_stay_blocked(
    fault: str, history: History
) -> None:
    attempt = history.attempt(fault)
    assert isinstance(attempt.error, LandingError)
    assert FOUND[fault] in attempt.found
    assert attempt.step == "withdraw_rows"
    assert (attempt.lists, attempt.open_rows, attempt.loaded_feeds) == ("blocked", set(), set())


@pytest.mark.parametrize("fault", REFUSED_LATER)
def test_a_refused_other_feed_stops_the_night_but_not_the_withdrawals(
    fault: str, history: History
) -> None:
    attempt = history.attempt(fault)
    assert isinstance(attempt.error, LandingError)
    assert FOUND[fault] in f"{attempt.error}"
    assert WHERE.get(fault, "manifest") in attempt.error.where
    assert attempt.error.remedy
    assert attempt.loaded_feeds <= set(WITHDRAWAL_FEEDS)


@pytest.mark.parametrize("fault", REFUSED_LATER)
def test_lists_are_open_after_a_refused_other_feed(fault: str, history: History) -> None:
    """Unless the whole manifest is in doubt, channels keep yesterday's rows but the withdrawn.

    Rows of customers who became others are withdrawn at the end of the whole night, not here.
    """
    attempt = history.attempt(fault)
    before = history.evening_before(attempt.night)
    assert attempt.step == "verify_landing"
    assert attempt.lists == "open"
    assert attempt.loaded_feeds == set(WITHDRAWAL_FEEDS)
    assert set() < attempt.open_rows < before
    gone = rows(history.settings, "select list_row_id from publication.withdrawals "
                "where withdrawn_date = %s and reason not in ('merged', 'identity_changed')",
                attempt.night)  # fmt: skip
    expired = rows(history.settings, "select list_row_id from publication.list_rows "
                   "where expires_date < %s", attempt.night)  # fmt: skip
    assert attempt.open_rows == before - {row for (row,) in gone + expired}


def test_a_right_redelivery_is_accepted(history: History) -> None:
    attempt = history.attempt("redelivered")
    assert attempt.error is None
    assert attempt.loaded_feeds == set(load_contracts())


def balance(history: History, night: object, feed: str) -> tuple[int, ...]:
    (found,) = rows(
        history.settings,
        "select rows_read, rows_loaded, rows_quarantined, rows_deduplicated, rows_deferred "
        "from ops.load_audit where arrived_date = %s and feed = %s",
        night, feed,
    )  # fmt: skip
    return found


def refused_rows(history: History, night: object) -> list[tuple[str, str, int]]:
    return rows(
        history.settings,
        "select feed, reason, count(*)::int from quarantine.rows where arrived_date = %s "
        "group by 1, 2 order by 1, 2",
        night,
    )


def test_copies_are_deduplicated(history: History) -> None:
    """Three transactions twice; the catalogue's first version, which the history holds."""
    products = value(history.settings, "select count(distinct product_id) from raw.products")
    assert balance(history, REPEATED, "transactions")[3] == 3
    assert balance(history, REPEATED, "products")[3] == products
    assert refused_rows(history, REPEATED) == []


def test_a_gb18030_file_is_read(history: History) -> None:
    (name,) = value(history.settings, "select array_agg(distinct source_file) from raw.customers "
                    "where arrived_date = %s", REPEATED)  # fmt: skip
    assert name == "customers.csv"
    assert balance(history, REPEATED, "customers")[1] > 0


def test_bad_rows_are_in_quarantine_with_their_reasons(history: History) -> None:
    refused = {(feed, reason): count for feed, reason, count in refused_rows(history, ROWS)}
    currencies = refused.pop(("daily_balances", "unknown_currency"))
    assert 1 <= currencies <= FAULTY_ROWS
    assert refused == {("transactions", "undecodable_field"): 1, ("transactions", "wrong_type"): 1}


def test_no_row_is_refused_in_other_nights(history: History) -> None:
    nights = rows(history.settings, "select distinct arrived_date from quarantine.rows order by 1")
    assert nights == [(CONFLICT,), (ROWS,), (TIMES,), (FILES,)]
    assert refused_rows(history, CONFLICT) == [("transactions", "conflicting_duplicate", 2)]
    assert refused_rows(history, TIMES) == [("transactions", "value_not_allowed", 1)]
    assert refused_rows(history, FILES) == [("transactions", "value_not_allowed", 3)]


def test_late_rows_are_loaded_under_their_night_and_dated_when_they_happened(
    history: History,
) -> None:
    late = value(
        history.settings,
        "select count(*) from marts.fct_transactions "
        "where arrived_date = %s and transaction_type = 'card_purchase' "
        "and booked_date = arrived_date - 3",
        TIMES,
    )
    assert late >= 1


def test_of_two_versions_the_later_one_counts(history: History) -> None:
    pairs = rows(
        history.settings,
        "select account_id, balance_date, "
        "(array_agg(ledger_balance order by updated_at desc))[1] as last "
        "from raw.daily_balances where arrived_date = %s group by 1, 2 "
        "having count(*) = 2 and max(ledger_balance) - min(ledger_balance) = 4200",
        TIMES,
    )
    assert pairs
    for account, day, last in pairs:
        known = value(history.settings, "select ledger_balance from marts.fct_account_balances "
                      "where account_id = %s and balance_date = %s", account, day)  # fmt: skip
        assert known == last


def test_rows_of_tomorrow_wait_for_tomorrow(history: History) -> None:
    deferred = balance(history, TIMES, "transactions")[4]
    assert deferred >= 1
    entered = rows(history.settings, "select enters_date - arrived_date from raw.transactions "
                   "where arrived_date = %s and enters_date > arrived_date", TIMES)  # fmt: skip
    assert entered == [(1,)] * deferred
    known = value(history.settings, "select count(*) from marts.fct_transactions t "
                  "join raw.transactions r using (transaction_id) "
                  "where r.arrived_date = %s and r.enters_date = %s", TIMES, FILES)  # fmt: skip
    assert known == deferred


def test_compressed_and_empty_files_are_read(history: History) -> None:
    names = rows(history.settings, "select feed, source_file, rows_read > 0 from ops.load_audit "
                 "where arrived_date = %s and feed in ('surveys', 'transactions') order by 1",
                 FILES)  # fmt: skip
    assert names == [("surveys", "surveys.csv", False),
                     ("transactions", "transactions.csv.gz", True)]  # fmt: skip


def status(history: History, night: object, feed: str) -> tuple[str, str]:
    (found,) = rows(history.settings, "select status, reason from ops.feed_status "
                    "where arrived_date = %s and feed = %s", night, feed)  # fmt: skip
    return found


def test_a_feed_is_closed_by_hand_and_on_record(history: History) -> None:
    attempt = history.attempt("closed feed")
    assert attempt.error is None
    assert attempt.loaded_feeds == set(load_contracts()) - {"surveys"}
    assert status(history, CONTENT, "surveys") == ("closed", "the survey tool is down")


def test_a_refused_withdrawal_feed_blocks_all_lists_until_it_is_delivered(
    history: History,
) -> None:
    refused = history.attempt("consents refused")
    assert isinstance(refused.error, LandingError)
    assert refused.step == "withdraw_rows"
    assert "consents" in refused.error.where
    assert history.evening_before(CONSENTS)
    assert (refused.lists, refused.open_rows) == ("blocked", set())
    again = history.attempt("stopped in the middle")
    assert again.lists == "open"
    assert again.open_rows


def test_no_other_night_may_start_while_one_is_unfinished_or_given_up(history: History) -> None:
    unfinished = history.attempt("while another is unfinished")
    assert isinstance(unfinished.error, RunOrderError)
    assert f"{CONSENTS}" in unfinished.found
    given_up = history.attempt("after an abandoned night")
    assert isinstance(given_up.error, RunOrderError)
    assert "abandoned" in given_up.found
    for attempt in (unfinished, given_up):
        assert attempt.step == "start_night"
        assert attempt.loaded_feeds == set()
    assert history.attempt("after abandoning").error is None


def test_an_abandoned_run_is_on_record_with_its_reason(history: History) -> None:
    found = rows(history.settings, "select status, reason from ops.runs "
                 "where business_date = %s order by fence", CONSENTS)  # fmt: skip
    assert [row[0] for row in found] == ["failed", "abandoned", "published"]
    assert found[1][1] == "the operator gave it up"


def test_a_missing_day_is_refused_until_every_feed_is_closed(history: History) -> None:
    silent = history.attempt("nothing delivered")
    assert isinstance(silent.error, LandingError)
    assert "--feed-missing" in silent.error.remedy
    assert (silent.lists, silent.open_rows) == ("blocked", set())
    closed = history.attempt("all feeds closed")
    assert closed.error is None
    assert (closed.lists, closed.loaded_feeds) == ("open", set())
    balances = "select count(*) from marts.fct_customer_aum where as_of_date = %s"
    with_aum = [value(history.settings, balances, n) for n in (CONSENTS, MISSING_DAY)]
    assert with_aum[1] >= with_aum[0] > 0


def test_an_absent_feed_denies_whatever_needs_it(history: History) -> None:
    assert status(history, ABSENT, "suppressions") == ("absent", "no extract today")
    assert history.attempt("suppressions absent").error is None
    outcomes = rows(history.settings, "select outcome, reason, count(*) from activation.decisions "
                    "where night_date = %s group by 1, 2", ABSENT)  # fmt: skip
    assert {outcome for outcome, _, _ in outcomes} <= {"excluded", "in_cycle"}
    assert "suppression: suppressions absent" in {reason for _, reason, _ in outcomes}


def test_a_lost_day_that_comes_a_day_later_is_late_but_whole(history: History) -> None:
    late = value(history.settings, "select count(*) from marts.fct_transactions "
                 "where booked_date = %s and arrived_date = %s", MISSING_DAY, ABSENT)  # fmt: skip
    usual = value(history.settings, "select count(*) from marts.fct_transactions "
                  "where booked_date = %s and arrived_date = booked_date", TWICE)  # fmt: skip
    assert late > usual / 2


def test_the_same_night_twice_is_the_same(history: History) -> None:
    """Every table is hashed as a whole after both runs; the second one read the archive."""
    first, second = (history.attempt(f"the {nth} time") for nth in ("first", "second"))
    assert (first.error, second.error) == (None, None)
    assert "from the inbox" in first.lines[2]
    assert "from the archive" in second.lines[2]
    assert len(history.first_time) > 1_000
    assert differences(history.first_time, history.second_time) == {}
    ids = rows(history.settings, "select distinct night_id from ops.runs "
               "where business_date = %s", TWICE)  # fmt: skip
    assert len(ids) == 1


def test_an_older_night_is_refused(history: History) -> None:
    refused = history.attempt("an older night")
    assert isinstance(refused.error, RunOrderError)
    assert f"{TWICE}" in refused.error.expected
    assert "backfill" in refused.error.remedy
    assert refused.lists == "open"
    assert refused.open_rows == history.attempt("the second time").open_rows


def test_the_load_balances_per_feed_and_file(history: History) -> None:
    """What each delivery declared is what was loaded, refused, known already or kept for later."""
    audit = rows(
        history.settings,
        "select feed, arrived_date, rows_read, rows_loaded, rows_quarantined, rows_deduplicated, "
        "rows_deferred from ops.load_audit",
    )
    assert {day for _, day, *_ in audit} >= {LAST_HISTORIC, *NIGHTS} - {MISSING_DAY}
    assert [row for row in audit if row[2] != sum(row[3:])] == []
    for feed in load_contracts():
        loaded = sum(row[3] + row[6] for row in audit if row[0] == feed)
        assert value(history.settings, f"select count(*) from raw.{feed}") == loaded, feed
        refused = sum(row[4] for row in audit if row[0] == feed)
        kept = value(history.settings, "select count(*) from quarantine.rows where feed = %s", feed)
        assert kept == refused, feed


def test_control_totals_match_or_say_why_not(history: History) -> None:
    wrong = rows(
        history.settings,
        "select arrived_date, feed, unverified_total from ops.load_audit "
        "where arrived_date = any(%s) and control_column is not null "
        "and control_declared is distinct from control_found",
        list(NIGHTS),
    )
    assert wrong == [(ROWS, "transactions", True)]


def test_every_run_recorded_its_fingerprints(history: History) -> None:
    recorded = dict(rows(
        history.settings,
        "select run_id, count(distinct table_name) from ops.table_fingerprints "
        "join ops.runs using (run_id) where status = 'published' group by 1",
    ))  # fmt: skip
    published = rows(history.settings, "select run_id from ops.runs where status = 'published'")
    assert {run for (run,) in published} == set(recorded)
    nightly = {count for run, count in recorded.items() if "-night-" in run}
    assert len(nightly) == 1
    assert nightly.pop() > 90


def test_the_inbox_is_empty_and_the_archive_complete(history: History) -> None:
    assert list(history.settings.landing_dir.iterdir()) == []
    archived = {folder.name for folder in history.settings.archive_dir.iterdir()}
    nights = {night.isoformat() for night in NIGHTS if night != MISSING_DAY}
    assert archived == {f"{FIRST}_{LAST_HISTORIC}", *nights}


def test_the_summary_is_a_dozen_right_lines(history: History) -> None:
    lines = summarise(history.settings, None).splitlines()
    assert 10 <= len(lines) <= 14
    assert lines[0].startswith(f"night {LAST} published")
    (read,) = rows(history.settings, "select sum(rows_read), sum(rows_loaded) from ops.load_audit "
                   "where arrived_date = %s", LAST)  # fmt: skip
    landed = next(line for line in lines if line.startswith("landed"))
    assert f"{read[0]:,} rows read = {read[1]:,} loaded" in landed
    lists = next(line for line in lines if line.startswith("lists"))
    assert f"open, readable through {LAST.replace(day=LAST.day + 1)}" in lists
    counted = [int(part.split()[-1]) for part in lists.split(": ", 1)[1].split(", ")]
    assert sum(counted) == value(history.settings, "select count(*) from publication.open_rows")


def test_the_summary_of_a_night_with_refused_rows_names_them(history: History) -> None:
    lines = summarise(history.settings, ROWS).splitlines()
    refused = next(line for line in lines if line.startswith("refused"))
    assert "transactions undecodable_field: 1" in refused
    assert "daily_balances unknown_currency: " in refused
