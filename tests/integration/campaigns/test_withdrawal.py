"""The withdrawal path: causes, blocked lists, and that nothing is ever undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from factories.decision_bank import Bank, strategy

import campaigns
from tests.integration.campaigns.raw_rows import arrive, at
from warehouse.errors import PublicationError

FIRST = date(2024, 4, 30)
SECOND = FIRST + timedelta(days=1)
THIRD = FIRST + timedelta(days=2)


@pytest.fixture
def listed(bank: Bank) -> Bank:
    """Two customers on the deposit list (sms) and one on the wealth list (rm_call)."""
    for name in ("C1", "C2"):
        bank.customer(name)
    bank.customer("C3", tags={"in_audience": False, "stage": "wealthy"})
    bank.night(FIRST, *strategies())
    assert customers(bank) == {"C1", "C2", "C3"}
    return bank


def strategies() -> list[Any]:
    return [
        strategy("deposit"),
        strategy("wealth", "stage = 'wealthy'", product="WEALTH-R2", channels=["rm_call"]),
    ]


def customers(bank: Bank) -> set[str]:
    return {row[1] for row in bank.open_rows()}


def row_of(bank: Bank, customer: str) -> str:
    ((found,),) = bank.execute(
        "select list_row_id from publication.list_rows where customer_id = %s", [customer]
    )
    return str(found)


def withdrawn(bank: Bank, night: date = SECOND) -> list[tuple[str, str]]:
    return bank.execute(  # type: ignore[return-value]
        "select customer_id, reason from publication.withdrawals "
        "join publication.list_rows using (list_row_id) where withdrawn_date = %s order by 1, 2",
        [night],
    )


def begin(bank: Bank, night: date = SECOND) -> campaigns.WithdrawalSummary:
    """Start a night and run its withdrawal path only."""
    run = bank.start(night)
    summary = campaigns.withdraw(bank.connection, run)
    bank.connection.commit()
    return summary


def deceased(bank: Bank) -> None:
    arrive(bank, "customers", SECOND, party_id="PC1", is_deceased=True)


def consent_revoked(bank: Bank) -> None:
    arrive(bank, "consents", SECOND, party_id="PC1", purpose="marketing_deposit", channel="sms",
           status="revoked", revoked_at=at(SECOND))  # fmt: skip


def all_channels_revoked(bank: Bank) -> None:
    arrive(bank, "consents", SECOND, party_id="PC1", purpose="marketing_deposit",
           status="revoked", revoked_at=at(SECOND))  # fmt: skip


def suppressed(bank: Bank) -> None:
    arrive(bank, "suppressions", SECOND, party_id="PC1", suppression_id="S1")


def suppressed_channel(bank: Bank) -> None:
    arrive(bank, "suppressions", SECOND, party_id="PC1", suppression_id="S1", scope="channel",
           scope_value="sms", reason="opt_out")  # fmt: skip


def suppressed_topic(bank: Bank) -> None:
    arrive(bank, "suppressions", SECOND, party_id="PC1", suppression_id="S1", scope="topic",
           scope_value="marketing_deposit", reason="opt_out")  # fmt: skip


def contacted(bank: Bank) -> None:
    arrive(bank, "contacts", SECOND, party_id="PC1", contact_id="K1",
           list_row_id=row_of(bank, "C1"))  # fmt: skip


def disposition(bank: Bank) -> None:
    arrive(bank, "contacts", SECOND, party_id="PC1", contact_id="K1", delivery_status="no_answer",
           disposition="call_later", list_row_id=row_of(bank, "C1"))  # fmt: skip


def opted_out(bank: Bank) -> None:
    arrive(bank, "contacts", FIRST, party_id="PC1", contact_id="K0")
    arrive(bank, "responses", SECOND, response_id="R1", contact_id="K0", response="opted_out")


def complained(bank: Bank) -> None:
    arrive(bank, "contacts", SECOND, party_id="PC1", contact_id="K0", channel="email")
    arrive(bank, "responses", SECOND, response_id="R1", contact_id="K0", response="complained")


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (deceased, "deceased"),
        (consent_revoked, "consent_revoked"),
        (all_channels_revoked, "consent_revoked"),
        (suppressed, "suppressed_legal_hold"),
        (suppressed_channel, "suppressed_opt_out"),
        (suppressed_topic, "suppressed_opt_out"),
        (contacted, "contacted"),
        (disposition, "contacted"),
        (opted_out, "opted_out"),
        (complained, "complained"),
    ],
)
def test_a_cause_withdraws_the_rows_it_covers(
    listed: Bank, cause: Callable[[Bank], None], reason: str
) -> None:
    cause(listed)
    summary = begin(listed)
    assert withdrawn(listed) == [("C1", reason)]
    assert customers(listed) == {"C2", "C3"}
    assert summary.new_rows == 1
    assert summary.by_reason == {reason: 1}


def granted_later(bank: Bank) -> None:
    consent_revoked(bank)
    arrive(bank, "consents", SECOND, party_id="PC1", purpose="marketing_deposit", channel="sms",
           updated_at=at(SECOND, 12))  # fmt: skip


def old_version_late(bank: Bank) -> None:
    arrive(bank, "consents", FIRST, party_id="PC1", purpose="marketing_deposit", channel="sms")
    arrive(bank, "consents", SECOND, party_id="PC1", purpose="marketing_deposit", channel="sms",
           status="revoked", revoked_at=at(FIRST), updated_at=at(FIRST, 1))  # fmt: skip


def other_purpose(bank: Bank) -> None:
    arrive(bank, "consents", SECOND, party_id="PC1", purpose="marketing_credit",
           status="revoked", revoked_at=at(SECOND))  # fmt: skip


def other_channel(bank: Bank) -> None:
    arrive(bank, "suppressions", SECOND, party_id="PC1", suppression_id="S1", scope="channel",
           scope_value="email")  # fmt: skip


def over_already(bank: Bank) -> None:
    arrive(bank, "suppressions", SECOND, party_id="PC1", suppression_id="S1",
           valid_from=date(2024, 1, 1), valid_to=FIRST)  # fmt: skip


def nobody_answered(bank: Bank) -> None:
    arrive(bank, "contacts", SECOND, party_id="PC1", contact_id="K1", delivery_status="no_answer",
           list_row_id=row_of(bank, "C1"))  # fmt: skip


def clicked(bank: Bank) -> None:
    arrive(bank, "contacts", FIRST, party_id="PC1", contact_id="K0")
    arrive(bank, "responses", SECOND, response_id="R1", contact_id="K0", response="clicked")


def unknown_party(bank: Bank) -> None:
    arrive(bank, "suppressions", SECOND, party_id="P-new", suppression_id="S1")


@pytest.mark.parametrize(
    "event",
    [granted_later, old_version_late, other_purpose, other_channel, over_already, nobody_answered,
     clicked, unknown_party],
)  # fmt: skip
def test_what_is_no_cause_withdraws_nothing(listed: Bank, event: Callable[[Bank], None]) -> None:
    event(listed)
    begin(listed)
    assert withdrawn(listed) == []
    assert customers(listed) == {"C1", "C2", "C3"}


def test_lists_are_closed_from_the_start_and_opened_by_the_withdrawals(listed: Bank) -> None:
    run = listed.start(SECOND)
    assert customers(listed) == set()
    campaigns.withdraw(listed.connection, run)
    listed.connection.commit()
    assert customers(listed) == {"C1", "C2", "C3"}


def test_a_refused_feed_leaves_the_lists_closed(listed: Bank) -> None:
    suppressed(listed)
    run = listed.start(SECOND)
    with pytest.raises(PublicationError, match="refused: contacts"):
        campaigns.withdraw(listed.connection, run, refused_feeds=["contacts", "app_events"])
    listed.connection.rollback()
    assert customers(listed) == set()
    assert withdrawn(listed) == []


def test_a_feed_without_a_status_leaves_the_lists_closed(listed: Bank) -> None:
    run = listed.start(SECOND)
    listed.execute("delete from ops.feed_status where feed = 'consents'")
    with pytest.raises(PublicationError, match="without a status: consents"):
        campaigns.withdraw(listed.connection, run)


def test_a_kill_in_between_leaves_the_lists_closed(listed: Bank) -> None:
    suppressed(listed)
    run = listed.start(SECOND)
    campaigns.withdraw(listed.connection, run)
    listed.connection.rollback()
    assert customers(listed) == set()
    assert withdrawn(listed) == []
    begin(listed)
    assert customers(listed) == {"C2", "C3"}


def test_a_withdrawal_stays_when_a_corrected_file_no_longer_carries_its_cause(
    listed: Bank,
) -> None:
    suppressed(listed)
    begin(listed)
    listed.execute("delete from raw.suppressions")
    summary = begin(listed)
    assert summary.new_rows == 0
    assert withdrawn(listed) == [("C1", "suppressed_legal_hold")]
    assert customers(listed) == {"C2", "C3"}


def test_rerunning_a_night_withdraws_none_of_its_own_rows(listed: Bank) -> None:
    """What the withdrawal path finds on a night, the decision of that night must deny."""
    for cause in (suppressed_channel, contacted):
        cause(listed)
    listed.add("act_suppressions", suppression_id="S1", customer_id="C1", scope="channel",
               scope_value="sms", reason="opt_out", valid_from=SECOND)  # fmt: skip
    again = strategy("again", channels=["email"], priority=40)
    listed.contact("K1", "C1", FIRST, list_row_id=row_of(listed, "C1"))
    listed.night(SECOND, *strategies(), again)
    before = listed.execute("select * from publication.withdrawals order by 1, 2")
    rows = listed.open_rows()
    listed.night(SECOND, *strategies(), again)
    assert listed.execute("select * from publication.withdrawals order by 1, 2") == before
    assert listed.open_rows() == rows


def test_a_failed_night_still_withdraws_and_shows_no_half_built_list(listed: Bank) -> None:
    consent_revoked(listed)
    run = listed.start(SECOND)
    listed.decide(run, strategy("new_one", priority=5))
    assert customers(listed) == {"C2", "C3"}
    assert {row[0] for row in listed.open_rows()} == {"deposit:1", "wealth:1"}


def test_a_withdrawn_row_is_not_listed_again(listed: Bank) -> None:
    suppressed(listed)
    night = SECOND
    while night < FIRST + timedelta(days=10):
        listed.night(night, *strategies())
        assert "C1" not in customers(listed)
        night += timedelta(days=1)


def test_readers_reach_views_only(listed: Bank) -> None:
    listed.execute("set role bankloop_campaign_reader")
    assert len(listed.execute("select * from publication.list_sms")) == 2
    assert len(listed.execute("select * from publication.list_rm_call")) == 1
    assert len(listed.execute("select * from publication.open_rows")) == 3
    partitions = ("list_rows", "list_rows__published", "withdrawals", "party_customers",
                  "held_campaigns")  # fmt: skip
    for table in partitions:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            listed.execute(f"select * from publication.{table}")
        listed.connection.rollback()
        listed.execute("set role bankloop_campaign_reader")
    for table in ("activation.decisions", "tags.customer_tags", "vault.personal_values"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            listed.execute(f"select * from {table}")
        listed.connection.rollback()
        listed.execute("set role bankloop_campaign_reader")
    listed.execute("reset role")


def merge(bank: Bank, party: str, gone: str, survivor: str, night: date) -> None:
    """From a night on the party is the survivor, and its old key owns no party."""
    bank.execute(
        "update activation.act_parties set valid_to = %s where party_id = %s",
        [night - timedelta(days=1), party],
    )
    bank.execute(
        "insert into activation.act_parties values (%s, %s, %s, '9999-12-31')",
        [party, survivor, night],
    )
    bank.execute("delete from activation.act_customers where customer_id = %s", [gone])


def test_rows_of_merged_customers_are_withdrawn_and_the_survivor_keeps_its_arm(
    listed: Bank,
) -> None:
    before = listed.execute(
        "select strategy_id, arm from activation.units where customer_id = 'C1'"
    )
    merge(listed, "PC2", "C2", "C1", SECOND)
    listed.night(SECOND, *strategies())
    assert withdrawn(listed) == [("C1", "identity_changed"), ("C2", "merged")]
    assert listed.execute(
        "select closed_reason, closed_date from activation.units where customer_id = 'C2'"
    ) == [("merged", SECOND)]
    assert (
        listed.execute(
            "select strategy_id, arm from activation.units"
            " where customer_id = 'C1' and closed_date is null"
        )
        == before
    )
    assert customers(listed) == {"C3"}


def test_a_party_that_moved_on_still_withdraws_the_rows_written_for_it(listed: Bank) -> None:
    merge(listed, "PC2", "C2", "C1", SECOND)
    listed.night(SECOND, *strategies())
    arrive(listed, "suppressions", THIRD, party_id="PC2", suppression_id="S1")
    begin(listed, THIRD)
    assert withdrawn(listed, THIRD) == [
        ("C1", "suppressed_legal_hold"), ("C2", "suppressed_legal_hold")
    ]  # fmt: skip
