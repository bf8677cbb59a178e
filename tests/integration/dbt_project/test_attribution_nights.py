"""Several nights of attribution against a full rebuild and against the definitions in Python."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.integration.dbt_project.attribution_bank import AttributionBank, one_row_per_line
from tests.integration.dbt_project.attribution_history import History, bank_date
from tests.integration.dbt_project.attribution_oracle import MODELS, credits_of, journeys_of
from warehouse.connection import connect
from warehouse.settings import Settings

FIRST = date(2024, 1, 1)
LAST_HISTORIC = date(2024, 3, 28)
TABLES = (
    "attr_touches",
    "attr_journey_events",
    "attr_journeys",
    "attr_touch_credits",
    "attr_paths",
    "attr_channel_summary",
    "attr_reconciliation",
)


def day(number: int) -> date:
    """The n-th night after the historic pass."""
    return LAST_HISTORIC + timedelta(days=number)


@pytest.fixture
def bank(warehouse: Settings) -> AttributionBank:
    made = AttributionBank(warehouse, FIRST)
    made.prepare()
    return made


@pytest.fixture
def history() -> History:
    made = History(FIRST, customers=25, random=random.Random(7))
    for number in range((LAST_HISTORIC - FIRST).days + 1):
        made.live(FIRST + timedelta(days=number))
    return made


def contents(bank: AttributionBank) -> dict[str, set[str]]:
    with connect(bank.settings) as connection:
        return {table: one_row_per_line(connection, f"attribution.{table}") for table in TABLES}


def assert_equals_the_definitions(bank: AttributionBank, history: History) -> None:
    columns = ", ".join(f"{model}_credit, {model}_value_amount" for model in MODELS)
    found = {}
    for conversion, touch, *numbers in bank.rows(
        f"select conversion_id, touch_id, {columns} from attribution.attr_touch_credits"
    ):
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        for model, pair in zip(MODELS, pairs, strict=True):
            found[conversion, model, touch] = pair
    expected: dict[tuple[str, str, str | None], tuple[Decimal, int]] = {}
    for customer in range(history.customers):
        journeys = journeys_of(history.touches(customer), history.conversions_of(customer))
        for journey in journeys:
            if journey.conversion is not None:
                for (model, touch), pair in credits_of(journey).items():
                    expected[journey.conversion.conversion_id, model, touch] = pair
    assert expected
    assert found == expected


def assert_paths_are_the_definitions(bank: AttributionBank, history: History, night: date) -> None:
    expected: dict[str, tuple[int, int]] = {}
    for customer in range(history.customers):
        for journey in journeys_of(history.touches(customer), history.conversions_of(customer)):
            if journey.conversion is not None:
                path = " > ".join(t.channel for t in journey.credited())
                conversions, nulls = expected.get(path, (0, 0))
                expected[path] = (conversions + 1, nulls)
            elif bank_date(journey.touches[-1].at) + timedelta(days=30) <= night:
                path = " > ".join(t.channel for t in journey.touches)
                conversions, nulls = expected.get(path, (0, 0))
                expected[path] = (conversions, nulls + 1)
    found = {
        path: (int(conversions), int(nulls))
        for path, conversions, nulls in bank.rows(
            "select path, sum(conversion_count), sum(null_count) from attribution.attr_paths"
            " where goal_type = 'product_opening' group by path"
        )
    }
    assert found == expected


def ordinary(history: History, night: date) -> None:
    history.live(night)


def late_contact_and_visit(history: History, night: date) -> None:
    history.live(night)
    history.contact(3, night - timedelta(days=40), arrived=night)
    history.visit(4, night - timedelta(days=21), late=True)


def corrected_contacts(history: History, night: date) -> None:
    history.live(night)
    keys = sorted(history.contacts)
    history.move_contact(keys[5], night - timedelta(days=12), arrived=night)
    history.move_contact(keys[-3], FIRST + timedelta(days=2), arrived=night)
    history.contacts[keys[9]] |= {"delivery_status": "failed", "arrived_date": night}


def late_changed_and_withdrawn_conversions(history: History, night: date) -> None:
    history.live(night)
    keys = sorted(history.conversions)
    history.convert(6, night - timedelta(days=50))
    history.conversions[keys[-2]]["value_amount"] = 777
    del history.conversions[keys[4]]


def a_party_becomes_known(history: History, night: date) -> None:
    history.live(night)
    history.unknown.clear()


NIGHTS: tuple[Callable[[History, date], None], ...] = (
    ordinary,
    late_contact_and_visit,
    corrected_contacts,
    late_changed_and_withdrawn_conversions,
    a_party_becomes_known,
    ordinary,
)


def test_nights_equal_a_full_rebuild_and_the_definitions(
    bank: AttributionBank, history: History
) -> None:
    history.unknown.add("C24")
    history.write(bank)
    bank.build(LAST_HISTORIC, whole=True)
    for number, happenings in enumerate(NIGHTS, start=1):
        happenings(history, day(number))
        newly_known = [{"party_id": "P24"}] if happenings is a_party_becomes_known else []
        history.write(bank)
        bank.execute("truncate intermediate.int_parties__touched")
        bank.add("intermediate.int_parties__touched", *newly_known)
        bank.build(day(number))
        incremental = contents(bank)
        if happenings is not ordinary:
            bank.build(day(number), full_refresh=True)
            assert contents(bank) == incremental, happenings.__name__
    assert_equals_the_definitions(bank, history)
    assert_paths_are_the_definitions(bank, history, day(len(NIGHTS)))
    assert bank.test("assert_attr_*") == 4
    assert bank.test("path:models/attribution") > 20


def test_a_second_attempt_undoes_the_first(bank: AttributionBank, history: History) -> None:
    history.write(bank)
    bank.build(LAST_HISTORIC, whole=True)
    history.live(day(1))
    before = {key: dict(row) for key, row in history.contacts.items()}
    conversions = dict(history.conversions)
    late_contact_and_visit(history, day(1))
    late_changed_and_withdrawn_conversions(history, day(1))
    history.write(bank)
    bank.build(day(1))
    history.contacts, history.conversions = before, conversions
    history.visits = {k: v for k, v in history.visits.items() if v["visit_date"] < day(1)}
    history.write(bank)
    bank.build(day(1))
    second_attempt = contents(bank)
    bank.build(day(1), full_refresh=True)
    assert contents(bank) == second_attempt
    assert_equals_the_definitions(bank, history)
