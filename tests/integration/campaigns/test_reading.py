"""The reading rule: expiry, staleness, the wall clock, held campaigns."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from factories.decision_bank import Bank, strategy

import campaigns
from campaigns.reading import create_reading_views

FIRST = date(2024, 4, 30)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def channels(bank: Bank) -> list[str]:
    return [row[4] for row in bank.open_rows()]


def test_a_row_is_readable_through_its_expiry(bank: Bank) -> None:
    bank.customer("C1")
    bank.customer("C2", tags={"in_audience": False, "stage": "caller"})
    both = (strategy("text", max_attempts=1),
            strategy("call", "stage = 'caller'", channels=["rm_call"], max_attempts=1))  # fmt: skip
    for number in range(7):
        bank.night(day(number), *both)
        # sms rows live 2 days, rm_call rows 5
        expected = [*(["rm_call"] if number <= 5 else []), *(["sms"] if number <= 2 else [])]
        assert channels(bank) == expected, number


def test_lists_go_stale_without_a_new_publication(bank: Bank) -> None:
    bank.customer("C1")
    call = strategy("call", channels=["rm_call"])
    bank.night(FIRST, call)
    for number, expected in ((1, 1), (1, 1)):
        run = bank.start(day(number))
        campaigns.withdraw(bank.connection, run)
        bank.connection.commit()
        assert len(bank.open_rows()) == expected
    bank.execute("update ops.current_night set night_date = %s", [day(2)])
    assert bank.open_rows() == []
    bank.execute("update ops.current_night set night_date = %s", [day(1)])
    bank.night(day(1), call)
    bank.execute("update ops.current_night set night_date = %s", [day(2)])
    assert len(bank.open_rows()) == 1


def test_the_wall_clock_ends_what_the_business_date_would_still_show(bank: Bank) -> None:
    bank.customer("C1")
    bank.night(FIRST, strategy("call", channels=["rm_call"]))
    assert len(bank.open_rows()) == 1
    create_reading_views(bank.connection, "wall")
    bank.connection.commit()
    assert bank.open_rows() == []
    bank.execute("update publication.reading_rules set clock = 'business'")
    assert len(bank.open_rows()) == 1


def test_nothing_is_readable_before_the_first_publication(bank: Bank) -> None:
    bank.customer("C1")
    run = bank.start(FIRST)
    bank.decide(run, strategy("call"))
    assert bank.open_rows() == []
    bank.publish(run)
    assert len(bank.open_rows()) == 1


def test_an_audience_that_jumps_is_held_for_approval(bank: Bank) -> None:
    for number in range(300):
        first = number < 150
        bank.customer(f"C{number:03}", tags={"in_audience": first, "amount": int(first)})
    grown = strategy("grown", max_attempts=1)
    steady = strategy("steady", "amount = 1", channels=["email"], priority=60)
    bank.night(FIRST, grown, steady)
    for number in range(150, 300):
        bank.tag(f"C{number:03}", in_audience=True)
    bank.night(day(1), grown, steady)
    held = bank.execute("select strategy_id, status, audience_count, previous_count "
                        "from publication.held_campaigns")  # fmt: skip
    assert held == [("grown", "held", 300, 150)]
    rows = bank.execute(
        "select count(*) from publication.list_rows where strategy_id = 'grown' "
        "and night_date = %s", [day(1)],
    )  # fmt: skip
    readable = bank.execute(
        "select count(*) from publication.open_rows where strategy_id = 'grown' "
        "and night_date = %s", [day(1)],
    )  # fmt: skip
    assert rows == [(150,)]
    assert readable == [(0,)]
    bank.execute("update publication.held_campaigns set status = 'approved'")
    assert bank.execute(
        "select count(*) from publication.open_rows where strategy_id = 'grown' "
        "and night_date = %s", [day(1)],
    ) == rows  # fmt: skip


def test_a_wider_limit_holds_nothing(bank: Bank) -> None:
    for number in range(200):
        bank.customer(f"C{number:03}", tags={"in_audience": number < 100})
    grown = strategy("grown", limits={"max_audience_change": 2})
    bank.night(FIRST, grown)
    for number in range(100, 200):
        bank.tag(f"C{number:03}", in_audience=True)
    bank.night(day(1), grown)
    assert bank.execute("select count(*) from publication.held_campaigns") == [(0,)]
    assert grown.strategy.limits.max_audience_change == Decimal(2)
    assert len(bank.open_rows()) == 200
