"""Explaining customers who have no decision row, and retention."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from factories.decision_bank import Bank, strategy

import campaigns
from warehouse.errors import StrategyError
from warehouse.ledger import Run

FIRST = date(2024, 4, 30)


def test_the_parts_of_the_audience_that_did_not_hold_are_named(bank: Bank) -> None:
    bank.customer("C1", tags={"stage": "mature", "amount": 5})
    bank.night(FIRST, strategy("rich", "stage = 'mature' and (amount > 10 or amount is null)"))
    said = campaigns.explain(bank.connection, "C1", "rich", FIRST)
    assert said.outcome == "not_in_audience"
    assert "amount > 10" in said.english
    assert "stage" not in said.english.splitlines()[-1]
    assert "不在目标客群内" in said.chinese


def test_an_unknown_customer_and_an_unknown_strategy(bank: Bank) -> None:
    bank.customer("C1")
    bank.night(FIRST, strategy("plain"))
    assert campaigns.explain(bank.connection, "C9", "plain", FIRST).reason == "no tags"
    with pytest.raises(StrategyError, match="nothing_like_it"):
        campaigns.explain(bank.connection, "C1", "nothing_like_it", FIRST)


def test_the_version_of_that_night_is_explained(bank: Bank) -> None:
    bank.customer("C1", tags={"amount": 5})
    bank.night(FIRST, strategy("moved", "amount > 10"))
    bank.night(FIRST + timedelta(days=1), strategy("moved", "amount > 100"))
    first = campaigns.explain(bank.connection, "C1", "moved", FIRST)
    second = campaigns.explain(bank.connection, "C1", "moved", FIRST + timedelta(days=1))
    assert "amount > 10." in first.english
    assert "amount > 100." in second.english


def test_excluded_rows_go_after_90_nights_and_listed_ones_stay(bank: Bank) -> None:
    bank.customer("C1")
    bank.customer("C2", consents=())
    bank.night(FIRST, strategy("plain"))
    for days, expected in ((90, {"C1", "C2"}), (91, {"C1"}), (365 * 5 + 3, set())):
        night = FIRST + timedelta(days=days)
        campaigns.forget_old_decisions(
            bank.connection, Run("x", "night", night, night, 1), excluded_days=90, assigned_years=5
        )
        for table in ("options", "decisions"):
            left = bank.execute(f"select customer_id from activation.{table}")
            assert {row[0] for row in left} == expected, (table, days)
    assert bank.execute("select sum(decision_count)::int from activation.funnel") == [(2,)]


def test_universal_control_is_assigned_once_and_stays(bank: Bank) -> None:
    bank.execute(
        "insert into activation.act_universal_control values "
        "(1, 'salt', 'test', 0.5, '2024-01-01', '2024-05-02'), "
        "(2, 'other', 'test', 0.5, '2024-05-03', '2029-12-31')"
    )
    for number in range(100):
        bank.customer(f"C{number:03}")
    plain = strategy("plain", max_attempts=1, cool_down_days=0)
    members = []
    for number in range(4):
        if number == 1:
            bank.execute("update activation.act_customers set stratum = 'elsewhere'")
        if number == 2:
            bank.execute("update activation.act_customers set stratum = 'test'")
        night = FIRST + timedelta(days=number)
        bank.night(night, plain)
        members.append({one for (_, one), (outcome, _) in bank.outcomes(night).items()
                        if outcome == "universal_control"})  # fmt: skip
    assert 30 <= len(members[0]) <= 70
    assert members[0] == members[1] == members[2]
    assert members[3] != members[2]
    assigned = bank.execute(
        "select salt_version, assigned_date, count(*) from activation.universal_control "
        "group by 1, 2 order by 1"
    )
    assert assigned == [(1, FIRST, 100), (2, FIRST + timedelta(days=3), 100)]
