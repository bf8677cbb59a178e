"""Balances agree with postings, and every row refers to something that exists."""

import itertools
from collections import defaultdict
from datetime import timedelta, timezone

from simulator.state import load
from tests.integration.simulator.conftest import Simulated

BANK_TIME = timezone(timedelta(hours=8))


def latest(rows: list[dict], *key: str) -> dict:
    """The newest version of each row."""
    found: dict = {}
    for row in sorted(rows, key=lambda row: row["updated_at"]):
        found[tuple(row[name] for name in key)] = row
    return found


def with_rows_to_come(simulated: Simulated, feed: str) -> list[dict]:
    """All rows of a feed, also those that the bank will deliver after the history."""
    state = load(simulated.bank, simulated.bank.last_history_date)
    waiting = state.tables[f"later_{feed}"].to_pylist()
    assert waiting
    return simulated.feed(feed).to_pylist() + waiting


def test_balances_move_by_the_postings_between_them(simulated: Simulated) -> None:
    moved: dict = defaultdict(list)
    for row in latest(with_rows_to_come(simulated, "transactions"), "transaction_id").values():
        day = row["booked_at"].astimezone(BANK_TIME).date()
        moved[row["account_id"]].append((day, row["amount"]))
    balances = latest(with_rows_to_come(simulated, "daily_balances"), "account_id", "balance_date")
    history: dict = defaultdict(list)
    for (account, day), row in sorted(balances.items()):
        history[account].append((day, row["ledger_balance"]))
    checked = 0
    for account, days in history.items():
        for (before, old), (after, new) in itertools.pairwise(days):
            between = [amount for day, amount in moved[account] if before < day <= after]
            assert new - old == sum(between)
            checked += 1
    assert checked > 2_000


def test_accounts_have_one_owner(simulated: Simulated) -> None:
    owners = defaultdict(set)
    for row in simulated.feed("account_parties").to_pylist():
        if row["role"] == "owner":
            owners[row["account_id"]].add(row["party_id"])
    accounts = {row["account_id"] for row in simulated.feed("accounts").to_pylist()}
    assert set(owners) == accounts
    assert all(len(parties) == 1 for parties in owners.values())


def test_postings_and_balances_are_of_known_accounts(simulated: Simulated) -> None:
    accounts = set(simulated.feed("accounts")["account_id"].to_pylist())
    for feed in ("transactions", "daily_balances", "standing_orders"):
        assert set(simulated.feed(feed)["account_id"].to_pylist()) <= accounts


def test_reversals_take_back_an_earlier_posting(simulated: Simulated) -> None:
    postings = latest(simulated.feed("transactions").to_pylist(), "transaction_id")
    reversals = [row for row in postings.values() if row["reverses_transaction_id"]]
    assert reversals
    for row in reversals:
        original = postings.get((row["reverses_transaction_id"],))
        if original is not None:
            assert original["amount"] == -row["amount"]
            assert original["booked_at"] < row["booked_at"]


def test_one_version_per_key_and_stamp(simulated: Simulated) -> None:
    """Nothing that the bank delivers by itself is a conflict of content."""
    keys = {
        "customers": ("party_id",),
        "accounts": ("account_id",),
        "consents": ("party_id", "purpose", "channel"),
        "credit_status": ("party_id", "status_date"),
        "transactions": ("transaction_id",),
        "daily_balances": ("account_id", "balance_date"),
        "contacts": ("contact_id",),
        "responses": ("response_id",),
        "app_events": ("event_id",),
        "suppressions": ("suppression_id",),
        "service_cases": ("case_id",),
        "leads": ("lead_id",),
    }
    for feed, key in keys.items():
        rows = simulated.feed(feed).to_pylist()
        seen = [(*tuple(row[name] for name in key), row["updated_at"]) for row in rows]
        assert len(set(seen)) == len(seen), feed


def test_late_and_corrected_rows_exist(simulated: Simulated) -> None:
    rows = simulated.feed("transactions").to_pylist()
    late = [
        row for row in rows if row["updated_at"].astimezone(BANK_TIME).date() < row["arrived_date"]
    ]
    assert 0 < len(late) < 0.02 * len(rows)
    versions = defaultdict(set)
    for row in rows:
        versions[row["transaction_id"]].add(row["amount"])
    assert any(len(amounts) == 2 for amounts in versions.values())
