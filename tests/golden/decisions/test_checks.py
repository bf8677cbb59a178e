"""Checks 0 to 6 against a table worked out by hand: one night, every reason, every boundary."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from factories.decision_bank import Bank, insert, strategy

from campaigns import explain
from campaigns.reasons import failing
from warehouse.connection import clone_database, drop_database
from warehouse.settings import Settings

TABLE = yaml.safe_load(Path(__file__).with_name("checks.yml").read_text(encoding="utf-8"))
NIGHT: date = TABLE["night"]


@pytest.fixture(scope="module")
def decided(server: Settings, decision_template: str) -> Iterator[Bank]:
    clone_database(server, decision_template, "golden_checks")
    bank = Bank(server.model_copy(update={"database": "golden_checks"}))
    for name, row in TABLE["customers"].items():
        _add(bank, name, row)
    strategies = [strategy(name, **keys) for name, keys in TABLE["strategies"].items()]
    bank.night(NIGHT, *strategies)
    yield bank
    bank.close()
    drop_database(server, "golden_checks")


def _add(bank: Bank, name: str, row: dict[str, Any]) -> None:
    given = {"consents": row["consents"]} if "consents" in row else {}
    bank.customer(name, **given, **row.get("changes", {}))
    for table, rows in row.get("rows", {}).items():
        for values in rows:
            insert(bank.connection, table, customer_id=name, **values)
    if row.get("universal"):
        insert(bank.connection, "universal_control", customer_id=name, salt_version=1,
               stratum="test", is_member=True, assigned_date=date(2024, 4, 1))  # fmt: skip
        _published(bank, date(2024, 4, 1))
    bank.connection.commit()


def _published(bank: Bank, night: date) -> None:
    """An earlier night, so that what it assigned counts."""
    bank.execute(
        "insert into ops.publications (table_name, as_of_date, publication_id, run_id, status, "
        "row_count) values ('publication.list_rows', %s, 0, 'earlier', 'in_force', 0)",
        [night],
    )


@pytest.mark.parametrize("customer", list(TABLE["customers"]))
def test_outcomes_are_those_worked_out_by_hand(decided: Bank, customer: str) -> None:
    expected = {**TABLE["otherwise"], **TABLE["customers"][customer].get("expect", {})}
    found = {
        name: list(result)
        for (name, of), result in decided.outcomes(NIGHT).items()
        if of == customer
    }
    assert found == expected


def test_the_channel_that_got_furthest_is_stored(decided: Bank) -> None:
    rows = decided.execute(
        "select customer_id, channel from activation.decisions "
        "where strategy_id = 'deposit' and outcome = 'listed'"
    )
    for customer, channel in rows:
        assert channel == TABLE["channels"].get(customer, "sms"), customer


def test_every_failing_check_is_kept(decided: Bank) -> None:
    ((mask,),) = decided.execute(
        "select failed_mask from activation.options "
        "where customer_id = 'unknown_age' and strategy_id = 'equity'"
    )
    assert [one.text for one in failing(mask)] == [
        "suitability: above risk level",
        "suitability: age unknown",
        "suppression: age unknown",
    ]


def test_explain_says_every_outcome_in_both_languages(decided: Bank) -> None:
    for (name, customer), (outcome, reason) in decided.outcomes(NIGHT).items():
        said = explain(decided.connection, customer, name, NIGHT)
        assert (said.outcome, said.reason) == (outcome, reason)
        assert outcome in said.english
        assert "结果" in said.chinese
    said = explain(decided.connection, "overdue", "loan", NIGHT)
    assert "a credit is overdue" in said.english
    assert "存在逾期" in said.chinese


def test_decisions_add_up_per_strategy(decided: Bank) -> None:
    rows = decided.execute(
        "select strategy_id, sum(decision_count) from activation.funnel group by 1"
    )
    assert {name: int(total) for name, total in rows} == dict.fromkeys(
        TABLE["strategies"], len(TABLE["customers"])
    )


def test_usage_says_which_strategy_asks_for_which_tag(decided: Bank) -> None:
    rows = decided.execute(
        "select strategy_id, tag_code, as_of_date from tags.tag_usage order by 1"
    )
    assert rows == [(name, "in_audience", NIGHT) for name in sorted(TABLE["strategies"])]


@pytest.mark.parametrize("feed", ["risk_assessments", "credit_status", "suppressions", "consents",
                                  "contacts"])  # fmt: skip
@pytest.mark.parametrize("how", ["absent", "never delivered"])
def test_a_lookup_that_fails_denies(
    clone: Callable[..., Settings], decision_template: str, feed: str, how: str
) -> None:
    bank = Bank(clone(decision_template))
    bank.customer("plain", risk_level_rank=5)
    if how == "absent":
        bank.execute("update activation.act_feeds set is_available = false where feed = %s", [feed])
    else:
        bank.execute("delete from activation.act_feeds where feed = %s", [feed])
    named = ("deposit", "wealth", "loan", "care")
    bank.night(NIGHT, *(strategy(name, **TABLE["strategies"][name]) for name in named))
    denied = {
        "risk_assessments": {"wealth": "suitability: risk_assessments absent"},
        "credit_status": {"loan": "suitability: credit_status absent"},
        "suppressions": dict.fromkeys(named, "suppression: suppressions absent"),
        "consents": {**dict.fromkeys(named, "consent: consents absent"),
                     "wealth": "profiling: consents absent"},
        "contacts": dict.fromkeys(("deposit", "wealth", "loan"), "caps: contacts absent"),
    }  # fmt: skip
    outcomes = bank.outcomes(NIGHT)
    for name, reason in denied[feed].items():
        assert outcomes[name, "plain"] == ("excluded", reason)
    listed = [name for name in named if outcomes[name, "plain"][0] == "listed"]
    assert len(listed) == (0 if len(denied[feed]) == len(named) else 1)
    bank.close()


def test_a_research_release_ends_where_the_first_feed_is_absent(
    clone: Callable[..., Settings], decision_template: str
) -> None:
    """The outcome of the Berka ledger: no risk, credit, suppression, consent or contact feed."""
    bank = Bank(clone(decision_template))
    bank.execute("update activation.act_feeds set is_available = false")
    bank.customer("owner", consents=(), risk_level_rank=None, is_risk_valid=False,
                  has_credit_status=False, overdue_days=None, has_profiling_basis=True)  # fmt: skip
    named = ("deposit", "wealth", "equity", "loan", "care")
    bank.night(NIGHT, *(strategy(name, **TABLE["strategies"][name]) for name in named))
    assert bank.outcomes(NIGHT) == {
        ("deposit", "owner"): ("excluded", "suppression: suppressions absent"),
        ("care", "owner"): ("excluded", "suppression: suppressions absent"),
        ("wealth", "owner"): ("excluded", "suitability: risk_assessments absent"),
        ("equity", "owner"): ("excluded", "suitability: risk_assessments absent"),
        ("loan", "owner"): ("excluded", "suitability: credit_status absent"),
    }
    masks = bank.execute("select failed_mask from activation.options")
    assert all(
        "consent: consents absent" in {one.text for one in failing(mask)} for (mask,) in masks
    )
    assert bank.open_rows() == []
    bank.close()
