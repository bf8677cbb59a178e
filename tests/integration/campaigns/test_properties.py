"""No list row breaks a check: recomputed in Python, from the inputs, for banks made at random."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from factories.decision_bank import MARKETING, PRODUCTS, Bank, insert, strategy

FIRST = date(2024, 4, 30)
CHANNELS = ("sms", "app_push", "email", "rm_call", "wecom")
VALID_DAYS = {"sms": 2, "app_push": 2, "email": 3, "rm_call": 5, "wecom": 3}
QUIET_DAYS = {"sms": 1, "app_push": 1, "email": 1, "rm_call": 3, "wecom": 1}
CAPS = {
    "sms": [(7, 1), (30, 4)], "app_push": [(7, 2)], "email": [(7, 1)], "rm_call": [(30, 2)],
    "wecom": [(7, 1)], "marketing_deposit": [(30, 4)], "marketing_wealth": [(30, 4)],
    "marketing_credit": [(30, 2)], "marketing_insurance": [(30, 2)],
}  # fmt: skip
TOTAL_CAPS = [(7, 3), (30, 8)]
CATALOGUE = {row[0]: row for row in PRODUCTS}


class RandomBank:
    """A bank and, in plain Python, everything that was put into it."""

    def __init__(self, bank: Bank, seed: int) -> None:
        self.bank, self.draw = bank, random.Random(seed)
        self.people: dict[str, dict[str, Any]] = {}
        self.touches: list[tuple[str, str, str | None, date]] = []
        self.strategies = [self._strategy(number) for number in range(6)]
        for number in range(120):
            self._customer(f"C{number:03}")
        bank.connection.commit()

    def _strategy(self, number: int) -> Any:
        draw = self.draw
        product = draw.choice(["DEPOSIT-1Y", "WEALTH-R2", "FUND-R4", "LOAN", "INSURE"])
        return strategy(
            f"s_{number}", product=product, priority=draw.randint(1, 5),
            channels=draw.sample(CHANNELS, draw.randint(1, 3)), control_share=0.3,
            personalised=draw.random() < 0.5, cool_down_days=draw.choice([1, 5]),
            max_attempts=draw.choice([1, 2]),
            waves=draw.choice([[{"day": 0}], [{"day": 0}, {"day": 4}]]),
        )  # fmt: skip

    def _customer(self, name: str) -> None:
        draw = self.draw
        person: dict[str, Any] = {
            "age_years": draw.choice([None, 15, 18, 30, 64, 65, 80]),
            "risk_level_rank": draw.choice([None, 1, 2, 3, 4, 5]),
            "is_risk_valid": draw.random() < 0.8, "is_student": draw.random() < 0.1,
            "overdue_days": draw.choice([0, 0, 0, 3]), "is_deceased": draw.random() < 0.03,
            "has_credit_status": draw.random() < 0.9, "is_profiled": draw.random() < 0.8,
        }  # fmt: skip
        self.bank.customer(name, consents=(), **person)
        person["consents"] = {
            (purpose, channel): draw.choice(["granted", "granted", "revoked"])
            for purpose in MARKETING
            for channel in draw.sample([*CHANNELS, "all"], 4)
        }
        for (purpose, channel), status in person["consents"].items():
            insert(self.bank.connection, "act_consents", customer_id=name, purpose=purpose,
                   channel=channel, is_granted=status == "granted",
                   is_revoked=status == "revoked")  # fmt: skip
        person["holdings"] = draw.sample(sorted(CATALOGUE), draw.choice([0, 1]))
        for product in person["holdings"]:
            insert(self.bank.connection, "act_holdings", customer_id=name, product_id=product,
                   open_account_count=1)  # fmt: skip
        person["suppressed"] = draw.choice([None, None, None, "all", *CHANNELS])
        if person["suppressed"]:
            scope = "all" if person["suppressed"] == "all" else "channel"
            value = None if scope == "all" else person["suppressed"]
            insert(self.bank.connection, "act_suppressions", suppression_id=f"S{name}",
                   customer_id=name, scope=scope, scope_value=value, reason="legal_hold",
                   valid_from=date(2024, 1, 1))  # fmt: skip
        self.people[name] = person
        for number in range(draw.choice([0, 0, 1, 3])):
            channel, on = draw.choice(CHANNELS), FIRST - timedelta(days=draw.randint(0, 40))
            self.touch(f"K{name}{number}", name, channel, None, on)

    def touch(self, key: str, name: str, channel: str, campaign: str | None, on: date,
              list_row: str | None = None) -> None:  # fmt: skip
        purpose = None
        if campaign:
            named = next(one for one in self.strategies if campaign.startswith(one.strategy.id))
            purpose = CATALOGUE[named.strategy.product][2]
        insert(self.bank.connection, "act_contacts", contact_id=key, customer_id=name,
               channel=channel, campaign_id=campaign, contacted_date=on, list_row_id=list_row,
               delivery_status="delivered", is_made=True, is_answer=False,
               disposition="no_response" if list_row else None)  # fmt: skip
        self.touches.append((name, channel, purpose, on))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_list_row_breaks_a_check(bank: Bank, seed: int) -> None:
    world = RandomBank(bank, seed)
    ghosts: list[tuple[str, str, str, date]] = []
    listed_in_all = 0
    for number in range(8):
        night = FIRST + timedelta(days=number)
        bank.night(night, *world.strategies)
        rows = bank.execute(
            "select list_row_id, strategy_id, customer_id, channel, campaign_id "
            "from publication.list_rows where night_date = %s order by 1", [night],
        )  # fmt: skip
        listed_in_all += len(rows)
        in_flight = bank.execute(
            "select customer_id, channel, strategy_id from publication.list_rows as l "
            "where night_date < %s and expires_date >= %s and not exists (select from "
            "activation.act_contacts as c where c.list_row_id = l.list_row_id)", [night, night],
        )  # fmt: skip
        waiting = [
            (customer, channel, _purpose(world, name), night + timedelta(days=1))
            for customer, channel, name in in_flight
        ]
        past = [one for one in ghosts if one[3] <= night]
        for _, name, customer, channel, _ in rows:
            _check(world, night, name, customer, channel, [*world.touches, *waiting, *past])
        _one_decision_each(bank, night)
        _adds_up(bank, night, world)
        ghosts = [
            (customer, channel, purpose, contact)
            for customer, channel, purpose, contact in bank.execute(
                "select customer_id, channel, purpose, contact_date from activation.ghost_rows"
            )
        ]
        for row_id, _, customer, channel, campaign in rows:
            if world.draw.random() < 0.6:
                tomorrow = night + timedelta(days=1)
                world.touch(f"L{row_id}", customer, channel, campaign, tomorrow, row_id)
        bank.connection.commit()
    assert listed_in_all > 40


def _purpose(world: RandomBank, name: str) -> str:
    found = next(one for one in world.strategies if one.strategy.id == name)
    return str(CATALOGUE[found.strategy.product][2])


def _check(
    world: RandomBank, night: date, name: str, customer: str, channel: str,
    touches: list[tuple[str, str, str | None, date]],
) -> None:  # fmt: skip
    person = world.people[customer]
    found = next(one.strategy for one in world.strategies if one.strategy.id == name)
    _, _, purpose, suitability, rating, _, _ = CATALOGUE[found.product]
    age = person["age_years"]
    assert channel in found.channels
    assert found.product not in person["holdings"]
    assert person["is_profiled"] or not found.personalised
    assert not person["is_deceased"]
    assert age is not None
    assert age >= 18
    assert person["suppressed"] not in ("all", channel)
    if suitability == "investment":
        assert person["is_risk_valid"]
        assert rating <= (person["risk_level_rank"] or 0)
        assert age < 65 or rating <= 3
    if suitability == "credit":
        assert person["has_credit_status"]
        assert not person["is_student"]
        assert person["overdue_days"] == 0
    consents = {person["consents"].get((purpose, one)) for one in (channel, "all")}
    assert "granted" in consents
    assert "revoked" not in consents
    mine = [one for one in touches if one[0] == customer]
    for _, _, _, on in mine:
        assert (night + timedelta(days=1) - on).days > QUIET_DAYS[channel]
    limits = [
        (TOTAL_CAPS, mine),
        (CAPS[channel], [one for one in mine if one[1] == channel]),
        (CAPS[purpose], [one for one in mine if one[2] == purpose]),
    ]
    for caps, counted in limits:
        for window, maximum in caps:
            recent = [one for one in counted if (night - one[3]).days < window]
            assert len(recent) + 1 <= maximum


def _one_decision_each(bank: Bank, night: date) -> None:
    chosen = bank.execute(
        "select customer_id, arm, outcome, strategy_id, cycle from activation.decisions "
        "where night_date = %s and outcome in ('listed', 'control')", [night],
    )  # fmt: skip
    assert max(Counter(row[0] for row in chosen).values(), default=0) <= 1
    for customer, arm, outcome, name, cycle in chosen:
        digest = hashlib.md5(f"campaign-1|{name}|{cycle}|{customer}".encode()).hexdigest()
        expected = "control" if int(digest[:8], 16) < int(0.3 * 2**32) else "listed"
        assert arm == outcome == expected


def _adds_up(bank: Bank, night: date, world: RandomBank) -> None:
    funnel = bank.execute(
        "select strategy_id, sum(decision_count)::int from activation.funnel "
        "where night_date = %s group by 1 order by 1", [night],
    )  # fmt: skip
    assert funnel == [(one.strategy.id, len(world.people)) for one in world.strategies]
    rows = bank.execute(
        "select count(*) filter (where outcome = 'listed'), "
        "(select count(*) from publication.list_rows where night_date = %s) "
        "from activation.decisions where night_date = %s", [night, night],
    )  # fmt: skip
    assert rows[0][0] == rows[0][1]
