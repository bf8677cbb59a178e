"""Units over several nights: waves, re-listing, cooling, control and ghost rows, by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from factories.decision_bank import Bank, strategy

FIRST = date(2024, 4, 30)


def day(number: int) -> date:
    """Night 0 is the first."""
    return FIRST + timedelta(days=number)


def follow(bank: Bank, *strategies: object, nights: int, of: str = "C1") -> list[str]:
    """`outcome reason wave/attempt` of one customer and strategy per night."""
    lines = []
    for number in range(nights):
        bank.night(day(number), *strategies)  # type: ignore[arg-type]
        rows = bank.execute(
            "select outcome, reason, coalesce(wave, 0), coalesce(attempt, 0) "
            "from activation.decisions where night_date = %s and customer_id = %s "
            "order by strategy_id limit 1",
            [day(number), of],
        )
        lines.append(" ".join(map(str, rows[0][:2])) + f" {rows[0][2]}/{rows[0][3]}")
    return lines


def test_an_expired_row_without_contact_is_listed_again_up_to_max_attempts(bank: Bank) -> None:
    bank.customer("C1")
    plain = strategy("plain", max_attempts=2, cool_down_days=3)
    # sms rows live 2 days: expiry on night 2, listed again on night 3, expiry on night 5,
    # closed on night 6 with date 5, cooling through night 8, free again on night 9
    assert follow(bank, plain, nights=10) == [
        "listed chosen 1/1",
        "in_cycle free: open 0/0",
        "in_cycle free: open 0/0",
        "listed chosen 1/2",
        "in_cycle free: open 0/0",
        "in_cycle free: open 0/0",
        "in_cycle free: cooling 0/0",
        "in_cycle free: cooling 0/0",
        "in_cycle free: cooling 0/0",
        "listed chosen 1/1",
    ]
    assert bank.open_rows() == [("plain:2", "C1", 1, 1, "sms")]
    assert bank.execute("select closed_date, closed_reason from activation.units order by 1") == [
        (day(5), "last_wave"),
        (None, None),
    ]


def test_a_contacted_row_is_not_listed_again_and_the_next_wave_follows(bank: Bank) -> None:
    bank.customer("C1")
    waves = [{"day": 0}, {"day": 5, "condition": "not_responded"}]
    plain = strategy("plain", waves=waves, channels=["sms", "app_push"])
    bank.night(FIRST, plain)
    ((row,),) = bank.execute("select list_row_id from publication.list_rows")
    bank.contact("K1", "C1", day(1), list_row_id=row, campaign_id="plain:1")
    found = []
    for number in range(1, 9):
        bank.night(day(number), plain)
        rows = bank.execute(
            "select outcome, coalesce(wave, 0), channel from activation.decisions "
            "where night_date = %s",
            [day(number)],
        )
        found.append(rows[0])
    # night 5: the text message of day 1 still blocks sms (one in 7 days), so app_push carries it
    assert [one[:2] for one in found] == [
        ("in_cycle", 0), ("in_cycle", 0), ("in_cycle", 0), ("in_cycle", 0), ("listed", 2),
        ("in_cycle", 0), ("in_cycle", 0), ("listed", 2),
    ]  # fmt: skip
    assert found[4][2] == "app_push"
    # night 8: the push expired on day 7 without a contact
    assert bank.execute("select attempt from activation.decisions where outcome = 'listed' "
                        "order by night_date") == [(1,), (1,), (2,)]  # fmt: skip


def test_an_answer_stops_a_conditional_wave(bank: Bank) -> None:
    bank.customer("C1")
    plain = strategy("plain", waves=[{"day": 0}, {"day": 3, "condition": "not_responded"}],
                     channels=["app_push"])  # fmt: skip
    bank.night(FIRST, plain)
    bank.add("act_responses", response_id="R1", customer_id="C1", campaign_id="plain:1",
             responded_date=day(1), response="clicked")  # fmt: skip
    ((row,),) = bank.execute("select list_row_id from publication.list_rows")
    bank.contact("K1", "C1", day(1), "app_push", list_row_id=row, campaign_id="plain:1")
    for number in range(1, 7):
        bank.night(day(number), plain)
        assert bank.outcomes(day(number))["plain", "C1"][0] == "in_cycle"
    assert bank.execute("select closed_date from activation.units") == [(day(5),)]


@pytest.mark.parametrize(
    ("reason", "expected"), [("opt_out", "opt_out"), ("complaint", "complaint")]
)
def test_a_refusal_closes_the_unit(bank: Bank, reason: str, expected: str) -> None:
    bank.customer("C1")
    plain = strategy("plain")
    bank.night(FIRST, plain)
    bank.add("act_suppressions", suppression_id="S1", customer_id="C1", scope="all",
             reason=reason, valid_from=day(1))  # fmt: skip
    bank.night(day(1), plain)
    assert bank.outcomes(day(1))["plain", "C1"] == ("in_cycle", "free: cooling")
    assert bank.execute(
        "select closed_date, closed_reason, closed_night from activation.units"
    ) == [(day(1), expected, day(1))]


def test_a_conversion_closes_the_unit_and_a_rerun_gives_the_same(bank: Bank) -> None:
    bank.customer("C1")
    bank.customer("C2")
    plain = strategy("plain", cool_down_days=2)
    bank.night(FIRST, plain)
    bank.add("act_conversions", conversion_id="V1", customer_id="C1", goal_type="product_opening",
             product_id="DEPOSIT-1Y", converted_date=day(1))  # fmt: skip
    bank.add("act_conversions", conversion_id="V2", customer_id="C2", goal_type="product_opening",
             product_id="WEALTH-R2", converted_date=day(1))  # fmt: skip
    for number in (1, 2, 2, 3, 3, 4, 4):
        bank.night(day(number), plain)
    closed = bank.execute(
        "select customer_id, cycle, closed_date, closed_reason, closed_night from activation.units "
        "where closed_date is not null order by 1"
    )
    assert closed == [("C1", 1, day(1), "conversion", day(1))]
    # closed on day 1, cooling through day 3, free on day 4 with the second cycle
    assert bank.outcomes(day(4))["plain", "C1"] == ("listed", "chosen")


def test_only_one_decision_a_night_and_both_arms_lose_alike(bank: Bank) -> None:
    for number in range(200):
        bank.customer(f"C{number:03}")
    half = {"control_share": 0.5, "cool_down_days": 1}
    first = strategy("a_first", priority=10, **half)
    second = strategy("b_second", priority=20, **half)
    bank.night(FIRST, second, first)
    found = bank.outcomes(FIRST)
    assert {found["b_second", f"C{number:03}"][1] for number in range(200)} == {
        "allocation: lost_to(a_first)"
    }
    arms = [found["a_first", f"C{number:03}"][0] for number in range(200)]
    assert set(arms) == {"listed", "control"}
    assert 70 <= arms.count("control") <= 130


def test_control_units_take_caps_like_listed_ones(bank: Bank) -> None:
    """A control unit's ghost row counts as a text message the day after, for all its waves."""
    for number in range(60):
        bank.customer(f"C{number:02}")
    half = strategy("a_half", control_share=0.5, waves=[{"day": 0}, {"day": 4}], max_attempts=1)
    other = strategy("b_other", priority=60)
    bank.night(FIRST, half, other)
    control = {one for (name, one), (outcome, _) in bank.outcomes(FIRST).items()
               if name == "a_half" and outcome == "control"}  # fmt: skip
    assert control
    for customer, row in bank.execute(
        "select customer_id, list_row_id from publication.list_rows where strategy_id = 'a_half'"
    ):
        bank.contact(f"K{customer}", customer, day(1), list_row_id=row, campaign_id="a_half:1")
    for number in (1, 2, 3):
        bank.night(day(number), half, other)
        found = bank.outcomes(day(number))
        verdicts = {arm: {found["b_other", one] for one in customers} for arm, customers in
                    (("control", control),
                     ("listed", {f"C{n:02}" for n in range(60)} - control))}  # fmt: skip
        assert verdicts["control"] == verdicts["listed"] == {("excluded", "caps: channel cap")}
    ghosts = bank.execute(
        "select wave, planned_date, contact_date, count(*) from activation.ghost_rows "
        "group by 1, 2, 3 order by 1"
    )
    assert ghosts == [
        (1, FIRST, day(1), len(control)),
        (2, day(4), day(5), len(control)),
    ]
    bank.night(day(4), half, other)
    found = bank.outcomes(day(4))
    # second wave: sms is still capped for both arms; the control unit is excluded like the listed
    assert {found["a_half", f"C{n:02}"] for n in range(60)} == {("excluded", "caps: channel cap")}


def test_ghost_rows_end_with_the_unit(bank: Bank) -> None:
    bank.customer("C1")
    sure = strategy("a_sure", control_share=0.5, channels=["app_push"],
                    waves=[{"day": 0}, {"day": 4}, {"day": 8}])  # fmt: skip
    cycle_of_control = next(
        number for number in range(40)
        if bank.execute(
            "select ('x' || substr(md5(%s), 1, 8))::bit(32)::bigint < 2147483648",
            [f"campaign-1|a_sure|1|X{number}"],
        ) == [(True,)]
    )  # fmt: skip
    name = f"X{cycle_of_control}"
    bank.customer(name)
    bank.night(FIRST, sure)
    assert bank.outcomes(FIRST)["a_sure", name][0] == "control"
    bank.add("act_conversions", conversion_id="V1", customer_id=name, goal_type="product_opening",
             product_id="DEPOSIT-1Y", converted_date=day(2))  # fmt: skip
    for number in range(1, 7):
        bank.night(day(number), sure, strategy("b_push", channels=["app_push"], priority=60))
    # contact of wave 1 on day 1 counts; wave 2 (day 4, contact day 5) ended with the conversion
    assert bank.outcomes(day(1))["b_push", name] == ("excluded", "caps: quiet days")
    assert bank.outcomes(day(2))["b_push", name][0] == "listed"


def test_in_flight_rows_count_until_they_are_over(bank: Bank) -> None:
    bank.customer("C1")
    first = strategy("a_first", channels=["rm_call"], max_attempts=1)
    other = strategy("b_other", channels=["app_push"], priority=60)
    lines = []
    for number in range(8):
        bank.night(day(number), first, other)
        lines.append(bank.outcomes(day(number))["b_other", "C1"])
    # the call's row of night 0 lives through night 5; until then a contact may be made tomorrow
    assert lines == [
        ("excluded", "allocation: lost_to(a_first)"),
        *[("excluded", "caps: quiet days")] * 5,
        ("listed", "chosen"),
        ("in_cycle", "free: open"),
    ]


def test_the_night_does_not_depend_on_the_order_of_rows(bank: Bank) -> None:
    for number in range(100):
        bank.customer(f"C{number:03}", tags={"amount": number})
    several = [
        strategy("one", priority=10, control_share=0.3, channels=["sms", "app_push"]),
        strategy("two", "amount > 50", priority=10, control_share=0.2, product="INSURE"),
    ]
    bank.night(FIRST, *several)
    before = bank.execute(CONTENT)
    for table in ("act_customers", "act_consents", "act_products", "act_channels"):
        bank.execute(f"create temporary table kept as table activation.{table}")
        bank.execute(f"truncate activation.{table}")
        bank.execute(f"insert into activation.{table} select * from kept order by md5(kept::text)")
        bank.execute("drop table kept")
    bank.night(FIRST, *reversed(several))
    assert bank.execute(CONTENT) == before


def test_a_night_that_was_never_published_leaves_nothing(bank: Bank) -> None:
    bank.customer("C1")
    run = bank.start(FIRST)
    bank.decide(run, strategy("first_try", control_share=0.5))
    bank.night(FIRST, strategy("second_try"))
    assert bank.execute("select strategy_id from activation.units") == [("second_try",)]
    assert bank.execute("select distinct strategy_id from activation.decisions") == [
        ("second_try",)
    ]
    assert bank.execute("select distinct strategy_id from activation.strategy_versions") == [
        ("second_try",)
    ]


CONTENT = """
    select 'option', md5(string_agg(o::text, ';' order by o::text))
    from (select night_date, strategy_id, customer_id, channel, failed_mask, value_amount, arm
          from activation.options) as o
    union all
    select 'decision', md5(string_agg(d::text, ';' order by d::text)) from activation.decisions as d
    union all
    select 'unit', md5(string_agg(u::text, ';' order by u::text)) from activation.units as u
    union all
    select 'ghost', md5(string_agg(g::text, ';' order by g::text)) from activation.ghost_rows as g
    union all
    select 'row', md5(string_agg(r::text, ';' order by r::text))
    from activation.tonight_list_rows as r
"""
