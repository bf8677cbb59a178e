"""Who is who, night by night: random worlds against a plain reference."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from tests.golden.identity_reference import Answer, DeviceUse, Version, histories
from tests.integration.dbt_project import identity_lives as lives
from tests.integration.dbt_project.core_bank import CoreBank
from warehouse.settings import Settings

IDENTITY = (
    "--select", "stg_landing__customers_versions", "stg_landing__app_events_versions",
    "stg_vault__erased_parties", "int_identity__papers", "int_identity__evidence",
    "int_identity__answers",
)  # fmt: skip
Worlds = tuple[list[Version], list[DeviceUse], dict[str, date]]


@pytest.fixture(scope="module")
def worlds() -> Worlds:
    versions, uses = lives.worlds(count=150, seed=3)
    return versions, uses, lives.erasures(versions, uses, seed=3)


@pytest.fixture
def bank(clone: Callable[..., Settings], empty_template: str, worlds: Worlds) -> CoreBank:
    made = CoreBank(clone(empty_template), lives.FIRST)
    made.prepare()
    lives.deliver(made, *worlds)
    made._set_night(lives.NIGHTS[-1], lives.FIRST)
    return made


def told(bank: CoreBank) -> dict[str, list[tuple[object, Answer]]]:
    found: dict[str, list[tuple[object, Answer]]] = {}
    for party, night, *answer in bank.rows(
        "select party_id, valid_from, customer_id, link_reason, has_shared_contact"
        " from intermediate.int_identity__answers order by party_id, valid_from"
    ):
        found.setdefault(party, []).append((night, Answer(*answer)))
    return found


def test_a_pass_and_nights_and_a_second_attempt_say_what_the_reference_says(
    bank: CoreBank, worlds: Worlds
) -> None:
    versions, uses, erased = worlds
    expected = histories(versions, uses, lives.NIGHTS, erased)
    changed = [history for history in expected.values() if len(history) > 1]
    assert len(changed) > 100
    assert {answer.reason for history in changed for _, answer in history} == {
        "document", "mobile", "email", "device", "none"
    }  # fmt: skip
    assert any(answer.is_shared for history in changed for _, answer in history)
    remembered = histories(versions, uses, lives.NIGHTS, {})
    assert sum(expected[party] != history for party, history in remembered.items()) > 5

    bank.run(lives.NIGHTS[-1], lives.FIRST, *IDENTITY)
    assert told(bank) == expected
    bank.run(lives.NIGHTS[-4], lives.FIRST, *IDENTITY)
    for night in lives.NIGHTS[-3:]:
        bank.run(night, None, *IDENTITY)
    assert told(bank) == expected
    bank.run(lives.NIGHTS[-1], None, *IDENTITY)
    assert told(bank) == expected
