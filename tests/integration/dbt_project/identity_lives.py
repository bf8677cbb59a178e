"""Small worlds of parties that share documents and contacts, at random: many worlds, one bank."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from tests.golden.identity_reference import DeviceUse, Version
from tests.integration.dbt_project.core_bank import CoreBank, at

FIRST = date(2024, 1, 28)
NIGHTS = [FIRST + timedelta(days=n) for n in range(10)]


def worlds(count: int, seed: int) -> tuple[list[Version], list[DeviceUse]]:
    """Versions and uses of `count` worlds of up to six parties that share a few tokens."""
    versions: list[Version] = []
    uses: list[DeviceUse] = []
    for number in range(count):
        dice = random.Random(seed * 1000 + number)
        for index in range(dice.randrange(2, 7)):
            party = f"W{number:03d}P{index}"
            versions.extend(_versions(dice, f"w{number}", party))
            if dice.random() < 0.4:
                night = dice.choice(NIGHTS)
                uses.append(DeviceUse(night, party, f"w{number}dev{dice.randrange(2)}"))
    return versions, uses


def erasures(versions: list[Version], uses: list[DeviceUse], seed: int) -> dict[str, date]:
    """Some parties and the last night before their erasure; nothing is heard of them after it."""
    last: dict[str, date] = {}
    for told in (*versions, *uses):
        last[told.party] = max(told.night, last.get(told.party, FIRST))
    dice = random.Random(seed)
    return {
        party: dice.choice([night for night in NIGHTS if night >= heard][:3])
        for party, heard in sorted(last.items())
        if dice.random() < 0.25
    }


def _versions(dice: random.Random, world: str, party: str) -> Iterator[Version]:
    """Mostly unchanged contacts; documents come, change, go back, and are left out."""
    documents = [f"{world}d{n}" for n in range(3)]
    opened = FIRST - timedelta(days=dice.randrange(5)) if dice.random() < 0.7 else None
    document = dice.choice([None, None, *documents])
    contacts = [_contact(dice, world, kind) for kind in ("m", "e")]
    nights = sorted(dice.sample(NIGHTS, dice.choice([1, 2, 3, 5])))
    for order, night in enumerate(nights):
        if order and dice.random() < 0.6:
            document = dice.choice([None, *documents])
        if order and dice.random() < 0.3:
            contacts = [_contact(dice, world, kind) for kind in ("m", "e")]
        late = 15 if dice.random() < 0.15 else 0
        updated = 10 * order - late
        yield Version(night, party, updated, document, contacts[0], contacts[1], opened)


def _contact(dice: random.Random, world: str, kind: str) -> str | None:
    return f"{world}{kind}{dice.randrange(3)}" if dice.random() < 0.5 else None


def deliver(
    bank: CoreBank, versions: list[Version], uses: list[DeviceUse], erased: dict[str, date]
) -> None:
    """The worlds as rows of the feeds, and what is known of erasures."""
    for party, night in erased.items():
        bank.execute(
            "insert into vault.erased_parties values (%s, %s, 'asked for')", [party, night]
        )
    for night in NIGHTS:
        bank.deliver("customers", night, *(_row(v) for v in versions if v.night == night))
        bank.deliver(
            "app_events", night, *(_event(n, u) for n, u in enumerate(uses) if u.night == night)
        )


def _row(version: Version) -> dict[str, object]:
    return {
        "party_id": version.party, "party_type": "prospect", "opened_date": version.opened,
        "document_no_token": version.document, "mobile_token": version.mobile,
        "email_token": version.email, "is_staff": False, "is_deceased": False,
        "updated_at": at(FIRST) + timedelta(hours=version.updated),
    }  # fmt: skip


def _event(number: int, use: DeviceUse) -> dict[str, object]:
    return {
        "event_id": f"E{number}", "party_id": use.party, "device_id_token": use.device,
        "session_id": f"S{number}", "event_at": at(use.night), "event_name": "page_view",
    }  # fmt: skip
