"""Histories of customers and consents: change only, dated by when it was so, restated."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from tests.integration.dbt_project.core_bank import CoreBank, at
from tests.integration.dbt_project.core_history import party
from warehouse.settings import Settings

FIRST = date(2024, 2, 27)
NIGHTS = [FIRST + timedelta(days=n) for n in range(4)]
MODELS = (
    "path:models/intermediate", "dim_party_customers", "dim_customers", "dim_customer_consents",
    "dim_customers_history", "dim_customer_consents_history",
)  # fmt: skip
ORDINARY, LATE, OVERTAKEN, TWICE = 1, 2, 3, 4


def consent(number: int, status: str, day: date) -> dict[str, Any]:
    return {
        "party_id": f"P{number:05d}", "purpose": "service", "channel": "sms", "status": status,
        "valid_from": at(FIRST), "revoked_at": at(day) if status == "revoked" else None,
        "updated_at": at(day),
    }  # fmt: skip


def moved(number: int, region: str, day: date) -> dict[str, Any]:
    return party(number, FIRST, region=region, updated_at=at(day))


def name(bank: CoreBank, number: int) -> str:
    return str(bank.rows(
        "select customer_id from marts.dim_party_customers where party_id = %s",
        [party(number, FIRST)["party_id"]],
    )[0][0])  # fmt: skip


def regions(bank: CoreBank, number: int) -> list[tuple[Any, ...]]:
    return bank.rows(
        "select region, valid_from, valid_to from marts.dim_customers_history"
        " where customer_id = %s order by valid_from", [name(bank, number)],
    )  # fmt: skip


@pytest.fixture(scope="module")
def lived(server: Settings, empty_template: str) -> Any:
    """Four nights; the rows of the last two are late or corrected."""
    from warehouse.connection import clone_database, drop_database

    settings = server.model_copy(update={"database": "test_core_histories"})
    clone_database(server, empty_template, "test_core_histories")
    bank = CoreBank(settings, FIRST)
    bank.prepare()
    bank.seed()
    for number in (ORDINARY, LATE, OVERTAKEN, TWICE):
        bank.deliver("customers", FIRST, moved(number, "north", FIRST))
        bank.deliver(
            "consents",
            FIRST,
            {**consent(number, "granted", FIRST), "party_id": party(number, FIRST)["party_id"]},
        )
    bank.deliver("customers", NIGHTS[1], moved(ORDINARY, "south", NIGHTS[1]))
    bank.deliver("customers", NIGHTS[2], moved(OVERTAKEN, "south", NIGHTS[2]))
    bank.deliver("customers", NIGHTS[2], moved(TWICE, "north", NIGHTS[2]))
    bank.deliver("customers", NIGHTS[3], moved(LATE, "south", NIGHTS[1]))
    bank.deliver("customers", NIGHTS[3], moved(OVERTAKEN, "west", NIGHTS[1]))
    bank.deliver(
        "consents",
        NIGHTS[3],
        {**consent(LATE, "revoked", NIGHTS[2]), "party_id": party(LATE, FIRST)["party_id"]},
    )
    seen = {}
    for number, night in enumerate(NIGHTS):
        bank.run(night, None, "--select", *(() if number else ("path:models/staging",)), *MODELS)
        seen[night] = dict(bank.rows("select customer_id, region from marts.dim_customers"))
    yield bank, seen
    drop_database(server, "test_core_histories")


def as_of(bank: CoreBank, day: date) -> dict[str, str]:
    return dict(bank.rows("select customer_id, region from marts.customers_as_of(%s)", [day]))


def test_a_change_ends_one_interval_and_begins_the_next(lived: Any) -> None:
    bank, _ = lived
    assert regions(bank, ORDINARY) == [
        ("north", FIRST, FIRST), ("south", NIGHTS[1], None)]  # fmt: skip


def test_a_version_that_says_the_same_begins_nothing(lived: Any) -> None:
    bank, _ = lived
    assert regions(bank, TWICE) == [("north", FIRST, None)]


def test_a_late_version_restates_from_the_day_on_which_it_was_so(lived: Any) -> None:
    bank, seen = lived
    assert regions(bank, LATE) == [("north", FIRST, FIRST), ("south", NIGHTS[1], None)]
    assert seen[NIGHTS[2]][name(bank, LATE)] == "north"


def test_a_late_version_does_not_overtake_a_newer_one(lived: Any) -> None:
    bank, _ = lived
    assert regions(bank, OVERTAKEN) == [
        ("north", FIRST, FIRST), ("west", NIGHTS[1], NIGHTS[1]), ("south", NIGHTS[2], None)
    ]  # fmt: skip


def test_a_night_is_reproduced_but_for_what_came_late(lived: Any) -> None:
    bank, seen = lived
    late = {name(bank, LATE), name(bank, OVERTAKEN)}
    for night in NIGHTS:
        now = {c: region for c, region in as_of(bank, night).items() if c not in late}
        assert now == {c: region for c, region in seen[night].items() if c not in late}
    assert as_of(bank, NIGHTS[-1]) == seen[NIGHTS[-1]]


def test_a_consent_taken_back_late_is_revoked_from_its_day(lived: Any) -> None:
    bank, _ = lived
    days = bank.rows(
        "select status, valid_from, valid_to from marts.dim_customer_consents_history"
        " where customer_id = %s order by valid_from", [name(bank, LATE)],
    )  # fmt: skip
    assert days == [("granted", FIRST, NIGHTS[1]), ("revoked", NIGHTS[2], None)]


@pytest.mark.parametrize("day", [FIRST - timedelta(days=1), NIGHTS[-1] + timedelta(days=1)])
def test_a_day_that_is_not_loaded_is_refused_in_words(day: date, lived: Any) -> None:
    bank, _ = lived
    with pytest.raises(psycopg.DataError, match=f"from {FIRST} to {NIGHTS[-1]}"):
        as_of(bank, day)


def test_a_repeated_night_forgets_the_late_version_of_its_first_attempt(lived: Any) -> None:
    bank, _ = lived
    before = bank.contents()
    bank.retract("customers", "arrived_date = %s", [NIGHTS[3]])
    bank.run(NIGHTS[3], None, "--select", *MODELS)
    assert regions(bank, LATE) == [("north", FIRST, None)]
    assert bank.contents() != before
