"""What is a touch, where a journey begins and ends: cases worked out by hand, a customer each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.dbt_project.attribution_bank import AttributionBank
from warehouse.settings import Settings

FIRST = date(2024, 1, 1)
NIGHT = date(2024, 3, 31)
NOON = datetime(2024, 2, 1, 4, tzinfo=UTC)  # 12:00 in Shanghai
WINDOW = timedelta(days=30)
SECOND = timedelta(seconds=1)


def contact(key: str, customer: str, at: datetime = NOON, **other: Any) -> dict[str, Any]:
    return {
        "contact_id": key, "party_id": f"P-{customer}", "customer_id": customer, "channel": "sms",
        "campaign_id": "deposit-1", "contacted_at": at, "contacted_date": at.date(),
        "delivery_status": "delivered", "arrived_date": at.date(), **other,
    }  # fmt: skip


def event(key: str, customer: str, session: str, at: datetime, tag: str | None) -> dict[str, Any]:
    return {
        "event_id": key, "party_id": f"P-{customer}", "customer_id": customer,
        "session_id": session, "event_at": at, "event_date": at.date(),
        "source_campaign_id": tag, "channel": "app_push",
    }  # fmt: skip


def visit(key: str, customer: str, at: datetime = NOON) -> dict[str, Any]:
    return {
        "visit_id": key, "party_id": f"P-{customer}", "customer_id": customer,
        "visited_at": at, "visit_date": at.date(),
    }  # fmt: skip


def list_row(customer: str, night: date, channel: str = "branch") -> dict[str, Any]:
    return {
        "list_row_id": f"row-{customer}", "night_date": night, "customer_id": customer,
        "campaign_id": "visit-1", "channel": channel,
    }  # fmt: skip


def conversion(
    key: str, customer: str, at: datetime = NOON, goal: str = "product_opening"
) -> dict[str, Any]:
    return {
        "conversion_id": key, "customer_id": customer, "goal_type": goal, "product_id": "GOLD-ACC",
        "converted_at": at, "converted_date": at.date(), "value_amount": 100,
        "currency_code": "CNY",
    }  # fmt: skip


@pytest.fixture(scope="module")
def bank(module_warehouse: Settings) -> AttributionBank:
    made = AttributionBank(module_warehouse, FIRST)
    made.prepare()
    made.add(
        "marts.fct_contacts",
        contact("delivered", "status"),
        contact("connected", "status", NOON + SECOND, delivery_status="connected"),
        contact("failed", "status", NOON + 2 * SECOND, delivery_status="failed"),
        contact("unheard", "status", NOON + 3 * SECOND, delivery_status="no_answer"),
        contact("clicked", "answers"),
        contact("applied", "answers", NOON + SECOND),
        contact("invited", "meeting", channel="branch"),
        contact("same-1", "same second", NOON),
        contact("same-2", "same second", NOON + timedelta(milliseconds=400)),
        contact("other channel", "same second", NOON, channel="email"),
        contact("next second", "same second", NOON + SECOND),
        contact("at the edge", "window", NOON - WINDOW),
        contact("before it", "window", NOON - WINDOW - SECOND, channel="email"),
        contact("at the instant", "instant", NOON),
        contact("before", "instant", NOON - SECOND),
        contact("too old", "null", NOON - WINDOW - SECOND),
        contact("one", "goals", NOON - timedelta(days=2)),
        contact("asked", "direct", NOON - timedelta(days=3)),
    )
    made.add(
        "marts.fct_responses",
        {
            "response_id": "r1",
            "contact_id": "clicked",
            "responded_date": NIGHT,
            "response": "clicked",
        },
        {
            "response_id": "r2",
            "contact_id": "applied",
            "responded_date": NIGHT,
            "response": "clicked",
        },
        {
            "response_id": "r3",
            "contact_id": "applied",
            "responded_date": NIGHT,
            "response": "applied",
        },
    )
    late_evening = datetime(2024, 2, 1, 15, 59, tzinfo=UTC)
    made.add(
        "marts.fct_app_events",
        event("untagged first", "session", "s1", NOON - SECOND, None),
        event("first tagged", "session", "s1", NOON, "fund-1"),
        event("second tagged", "session", "s1", NOON + 60 * SECOND, "fund-1"),
        event("next session", "session", "s2", NOON + 120 * SECOND, "fund-1"),
        event("untagged", "no tag", "s3", NOON, None),
        event("before midnight", "midnight", "s4", late_evening, "fund-1"),
        event("after midnight", "midnight", "s4", late_evening + timedelta(hours=4), "fund-1"),
        event("nobody", "session", "s5", NOON + 180 * SECOND, "fund-1") | {"customer_id": None},
    )
    made.add(
        "marts.fct_branch_visits",
        visit("walk-in", "walk-in"),
        visit("named", "named"),
        visit("last day", "last day"),
        visit("too late", "too late"),
        visit("same night", "same night"),
        visit("called by phone", "by phone"),
        visit("meeting", "meeting"),
        visit("direct 1", "direct", NOON - timedelta(days=2)),
        visit("direct 2", "direct", NOON - timedelta(days=1)),
    )
    visited = NOON.date()
    made.add(
        "publication.list_rows",
        list_row("named", visited - timedelta(days=1)),
        list_row("last day", visited - timedelta(days=30)),
        list_row("too late", visited - timedelta(days=31)),
        list_row("same night", visited),
        list_row("by phone", visited - timedelta(days=1), channel="rm_call"),
    )
    made.add(
        "marts.fct_conversions",
        conversion("window", "window"),
        conversion("instant", "instant"),
        conversion("after instant", "instant", NOON + timedelta(days=1)),
        conversion("twin 1", "twins"),
        conversion("twin 2", "twins"),
        conversion("null", "null"),
        conversion("opening", "goals"),
        conversion("activation", "goals", NOON + SECOND, goal="activation"),
        conversion("direct", "direct"),
    )
    made.add("marts.fct_contacts", contact("for twins", "twins", NOON - SECOND))
    made.build(NIGHT, whole=True)
    return made


def touches(bank: AttributionBank, customer: str, column: str = "source_id") -> list[Any]:
    query = (
        f"select {column} from attribution.attr_touches where customer_id = %s"
        " order by touch_at, source_id"
    )
    return [value for (value,) in bank.rows(query, [customer])]


def credited(bank: AttributionBank, conversion: str, model: str = "linear") -> dict[str, Decimal]:
    query = (
        f"select coalesce(touch_id, channel), {model}_credit from attribution.attr_touch_credits"
        " where conversion_id = %s order by touch_order"
    )
    return dict(bank.rows(query, [conversion]))


def test_only_contacts_that_reached_someone_are_touches(bank: AttributionBank) -> None:
    assert touches(bank, "status") == ["delivered", "connected"]


def test_an_answer_raises_the_interaction_and_is_no_second_touch(bank: AttributionBank) -> None:
    assert touches(bank, "answers", "interaction") == ["responded", "applied"]
    assert touches(bank, "status", "interaction") == ["delivered", "connected"]


def test_the_first_tagged_event_of_a_session_is_its_touch(bank: AttributionBank) -> None:
    assert touches(bank, "session") == ["first tagged", "next session"]
    assert touches(bank, "no tag") == []


def test_a_session_over_midnight_is_one_session(bank: AttributionBank) -> None:
    assert touches(bank, "midnight") == ["before midnight"]


@pytest.mark.parametrize(
    ("customer", "is_direct"),
    [
        ("walk-in", True),
        ("named", False),
        ("last day", False),
        ("too late", True),
        ("same night", True),
        ("by phone", True),
    ],
)
def test_a_visit_is_direct_unless_a_list_row_named_it(
    bank: AttributionBank, customer: str, is_direct: bool
) -> None:
    assert touches(bank, customer, "is_direct") == [is_direct]
    assert touches(bank, customer, "campaign_id") == [None if is_direct else "visit-1"]


def test_touches_of_the_same_second_and_channel_are_one(bank: AttributionBank) -> None:
    assert touches(bank, "same second") == ["other channel", "same-1", "next second"]
    assert touches(bank, "meeting") == ["invited"]


def test_the_window_is_closed_at_its_start(bank: AttributionBank) -> None:
    assert credited(bank, "window") == {"contact:at the edge": 1}


def test_the_window_is_open_at_the_conversion(bank: AttributionBank) -> None:
    assert credited(bank, "instant") == {"contact:before": 1}
    assert credited(bank, "after instant") == {"contact:at the instant": 1}


def test_a_previous_conversion_takes_its_touches_with_it(bank: AttributionBank) -> None:
    assert credited(bank, "twin 1") == {"contact:for twins": 1}
    assert credited(bank, "twin 2") == {"(no touch)": 1}


def test_a_conversion_after_the_window_leaves_the_journey_null(bank: AttributionBank) -> None:
    assert credited(bank, "null") == {"(no touch)": 1}
    journeys = bank.rows(
        "select is_converted, touch_count, path from attribution.attr_journeys"
        " where customer_id = 'null' and goal_type = 'product_opening' order by opened_at"
    )
    assert journeys == [(False, 1, "sms"), (True, 0, "")]


def test_goals_have_journeys_of_their_own(bank: AttributionBank) -> None:
    assert credited(bank, "opening") == {"contact:one": 1}
    assert credited(bank, "activation") == {"contact:one": 1}


def test_last_non_direct_passes_over_walk_ins(bank: AttributionBank) -> None:
    assert credited(bank, "direct", "last")["branch_visit:direct 2"] == 1
    assert credited(bank, "direct", "last_non_direct")["contact:asked"] == 1


def test_the_laws_hold(bank: AttributionBank) -> None:
    assert bank.test("assert_attr_*") == 4


@pytest.fixture(scope="module")
def module_warehouse(server: Settings, empty_template: str) -> Iterator[Settings]:
    """One database for the cases of this module."""
    from warehouse.connection import clone_database, drop_database

    name = "test_attribution_touches"
    clone_database(server, empty_template, name)
    yield server.model_copy(update={"database": name})
    drop_database(server, name)


def test_the_unit_tests_of_the_credit_pass(bank: AttributionBank) -> None:
    assert bank.test("attr_touch_credits,test_type:unit") == 4
