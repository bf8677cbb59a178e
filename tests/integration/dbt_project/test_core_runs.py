"""The core layers over several nights: historic pass, night by night, again, with changed files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from tests.integration.dbt_project import core_history as history
from tests.integration.dbt_project.core_bank import CoreBank
from warehouse.settings import Settings

CUSTOMERS = 40


@pytest.fixture
def bank(clone: Callable[..., Settings], empty_template: str) -> Callable[[], CoreBank]:
    def make() -> CoreBank:
        made = CoreBank(clone(empty_template), history.FIRST)
        made.prepare()
        made.seed()
        history.deliver_history(made, CUSTOMERS)
        return made

    return make


def nights() -> Iterator[date]:
    return (day for day in history.DAYS if day > history.LAST_HISTORIC)


def test_a_historic_pass_equals_day_by_day_and_a_night_can_be_repeated_or_built_from_raw(
    bank: Callable[[], CoreBank],
) -> None:
    passed, lived = bank(), bank()
    passed.run(history.LAST, history.FIRST)
    lived.run(history.LAST_HISTORIC, history.FIRST)
    before = lived.contents()
    for night in nights():
        lived.run(night)
    expected = passed.contents()
    assert lived.contents() == expected
    assert before["fct_transactions"] != expected["fct_transactions"]

    lived.run(history.LAST)
    assert lived.contents() == expected
    lived.run(history.LAST, None, "--full-refresh")
    assert lived.contents() == expected


def test_a_repeated_night_forgets_what_its_first_attempt_loaded(
    bank: Callable[[], CoreBank],
) -> None:
    passed, lived = bank(), bank()
    changed = "arrived_date = %s and (account_id like 'A000%%')"
    lived.run(date(2024, 2, 3), history.FIRST)
    lived.run(history.LAST)
    for book in (passed, lived):
        book.retract("transactions", changed, [history.LAST])
        book.retract("daily_balances", changed, [history.LAST])
        for feed in ("app_events", "branch_visits", "campaign_assignments", "contacts"):
            book.retract(feed, "arrived_date = %s", [history.LAST])
        book.retract("customers", "arrived_date = %s", [history.LAST])
    loaded = lived.contents()
    lived.run(history.LAST)
    passed.run(history.LAST, history.FIRST)
    assert lived.contents() == passed.contents()
    assert lived.contents() != loaded
