"""Measurement and BI tables: sums that hold, no published number about fewer than ten customers."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.integration.dbt_project.attribution_bank import one_row_per_line
from tests.integration.dbt_project.review_bank import ReviewBank
from warehouse.connection import clone_database, connect, drop_database
from warehouse.ledger import Run
from warehouse.settings import Settings

FIRST = date(2024, 1, 1)
NIGHT = date(2024, 3, 31)
STAGES = ("onboarding", "growing", "mature", "at_risk", "churned", "dormant", "won_back", "closed")
CHANNELS = ("sms", "rm_call", "email", "wecom")
POOL = "(under 10)"
SIZES = (0, 0, 1, 2, 4, 9, 10, 11, 30, 200)


def balances(chance: random.Random) -> list[dict[str, Any]]:
    """Thirty-five days of balances, every day drawn anew, with many small stages."""
    rows = []
    for number in range(35):
        for stage in STAGES:
            start, entered = chance.choice(SIZES), chance.choice(SIZES)
            left = chance.randint(0, start + entered)
            rows.append({
                "as_of_date": NIGHT - timedelta(days=number), "stage": stage,
                "start_count": start, "in_count": entered, "out_count": left,
                "end_count": start + entered - left,
            })  # fmt: skip
    return rows


def decisions(chance: random.Random) -> list[dict[str, Any]]:
    """Nights of one strategy with outcomes of every size."""
    outcomes = [("excluded", f"reason {i}") for i in range(5)]
    outcomes += [("listed", "listed"), ("control", "control")]
    rows = []
    for number in range(30):
        customer = 0
        for outcome, reason in outcomes:
            for _ in range(chance.choice(SIZES)):
                customer += 1
                rows.append({
                    "night_date": NIGHT - timedelta(days=number), "strategy_id": "deposit",
                    "customer_id": f"C{customer}", "campaign_id": "deposit-1",
                    "channel": chance.choice(CHANNELS[:2]), "outcome": outcome, "reason": reason,
                })  # fmt: skip
    return rows


def lived(bank: ReviewBank, chance: random.Random) -> None:
    """Three months in which 60 customers were contacted and some opened a product."""
    contacts, conversions = [], []
    for number in range(400):
        customer = f"C{chance.randint(1, 60)}"
        day = FIRST + timedelta(days=chance.randint(0, 90))
        at = datetime(day.year, day.month, day.day, 2, tzinfo=UTC) + timedelta(seconds=number)
        contacts.append({
            "contact_id": f"c{number}", "customer_id": customer, "party_id": customer,
            "channel": chance.choices(CHANNELS, weights=[60, 30, 8, 2])[0],
            "campaign_id": chance.choice(["deposit-1", "fund-1", None]), "contacted_at": at,
            "contacted_date": day, "delivery_status": "delivered", "arrived_date": day,
        })  # fmt: skip
        if number % 5 == 0:
            conversions.append({
                "conversion_id": f"k{number}", "customer_id": customer,
                "goal_type": "product_opening", "product_id": "DEPOSIT-1Y",
                "converted_at": at + timedelta(hours=9), "converted_date": day,
                "value_amount": 100 + number, "currency_code": "CNY",
            })  # fmt: skip
    bank.add("marts.fct_contacts", *contacts)
    bank.add("marts.fct_conversions", *conversions)


def listed(bank: ReviewBank) -> None:
    """One night's list of 40: 30 delivered, 12 answered, 2 refused; 25 of them converted."""
    night = NIGHT - timedelta(days=20)
    later = datetime(2024, 3, 12, 4, tzinfo=UTC)
    for number in range(40):
        key, customer = f"row{number}", f"L{number}"
        unit = {"strategy_id": "fund", "cycle": 1, "customer_id": customer}
        bank.add("publication.list_rows", {
            **unit, "list_row_id": key, "night_date": night, "campaign_id": "fund-1",
            "channel": "sms", "wave": 1, "attempt": 1,
        })  # fmt: skip
        bank.add("activation.decisions", {
            "night_date": night, "strategy_id": "fund", "customer_id": customer,
            "campaign_id": "fund-1", "channel": "sms", "outcome": "listed", "reason": "listed",
        })  # fmt: skip
        bank.add("activation.units", {
            **unit, "campaign_id": "fund-1", "arm": "listed" if number < 30 else "control",
            "opened_date": night, "product_id": "FUND-BOND", "closing_goal": "product_opening",
            "outcome_end_date": night + timedelta(days=15),
        })  # fmt: skip
        if number < 30:
            bank.add("marts.fct_contacts", {
                "contact_id": f"x{number}", "customer_id": customer, "party_id": customer,
                "channel": "sms", "campaign_id": "fund-1", "list_row_id": key,
                "contacted_at": later, "contacted_date": later.date(),
                "delivery_status": "delivered", "arrived_date": later.date(),
            })  # fmt: skip
        if number < 14:
            bank.add("marts.fct_responses", {
                "response_id": f"r{number}", "contact_id": f"x{number}", "list_row_id": key,
                "responded_date": later.date(), "responded_at": later,
                "response": "clicked" if number < 12 else "refused",
            })  # fmt: skip
        if number < 26:
            day = night + timedelta(days=1 if number < 25 else 16)
            bank.add("marts.fct_conversions", {
                "conversion_id": f"f{number}", "customer_id": customer,
                "goal_type": "product_opening", "product_id": "FUND-BOND",
                "converted_at": later + timedelta(hours=1), "converted_date": day,
                "value_amount": 10, "currency_code": "CNY",
            })  # fmt: skip


def tagged(bank: ReviewBank) -> None:
    """230 customers in five tiers, one of them with three members."""
    tiers = ["mass"] * 150 + ["gold"] * 60 + ["platinum"] * 12 + ["diamond"] * 5 + ["private"] * 3
    bank.add("tags.customer_tags", *(
        {
            "as_of_date": NIGHT, "customer_id": f"C{number}", "value_tier": tier,
            "is_near_tier": number % 50 == 0, "aum_month_average_amount": 1000 + number,
        }
        for number, tier in enumerate(tiers)
    ))  # fmt: skip


def moves() -> list[dict[str, Any]]:
    """Transitions of two months: large flows, small ones, and one customer who moves to and fro."""
    sizes = {("mature", "at_risk"): 40, ("at_risk", "churned"): 12, ("churned", "won_back"): 7,
             ("onboarding", "growing"): 3}  # fmt: skip
    days = [NIGHT - timedelta(days=40), NIGHT - timedelta(days=2)]
    found = [
        {"customer_id": f"{origin}{number}", "transition_date": day, "from_stage": origin,
         "to_stage": target, "trigger": "aum_fall"}
        for day in days for (origin, target), size in sizes.items() for number in range(size)
    ]  # fmt: skip
    found += [
        {"customer_id": "restless", "transition_date": NIGHT - timedelta(days=number),
         "from_stage": "mature", "to_stage": "growing", "trigger": "aum_rise"}
        for number in range(20)
    ]  # fmt: skip
    first = {"transition_date": FIRST, "to_stage": "mature", "trigger": "initial_load"}
    return [*found, {**first, "customer_id": "C1"}, {**first, "customer_id": "C2"}]


@pytest.fixture(scope="module")
def bank(server: Settings, empty_template: str) -> Iterator[ReviewBank]:
    name = "test_bi_tables"
    clone_database(server, empty_template, name)
    made = ReviewBank(server.model_copy(update={"database": name}), FIRST)
    made.prepare()
    made.execute(
        "alter table marts.fct_responses add list_row_id text, add responded_at timestamptz"
    )
    chance = random.Random(3)
    made.add("tags.lifecycle_daily_balance", *balances(chance))
    made.add("activation.decisions", *decisions(chance))
    made.add("tags.lifecycle_transitions", *moves())
    made.execute(
        "insert into ops.feed_status values (%s, 'contacts', 'delivered', ''),"
        " (%s, 'leads', 'absent', 'no such feed')",
        [NIGHT, NIGHT],
    )
    made.execute(
        "insert into ops.load_audit values"
        " (%s, 'contacts', 'contacts.parquet', 'r', 10, 7, 1, 2, 0)",
        [NIGHT],
    )
    lived(made, chance)
    listed(made)
    tagged(made)
    made.build(NIGHT, whole=True)
    made.attribute_chains(Run("run-1", "historic", NIGHT, FIRST, 1))
    made.models = ("tag_catalogue", "path:models/measurement", "path:models/bi")
    made.build(NIGHT, whole=True)
    yield made
    drop_database(server, name)


def build(bank: ReviewBank, table: str, columns: str) -> list[tuple[Any, ...]]:
    return bank.rows(f"select {columns} from bi.{table}__build")


def test_stage_balances_add_up_and_hide_small_groups(bank: ReviewBank) -> None:
    rows = build(
        bank,
        "bi_lifecycle_balances",
        "as_of_date, stage, start_count, in_count, out_count, end_count, is_suppressed",
    )
    totals: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    for row in balances(random.Random(3)):
        totals[row["as_of_date"]][0] += row["start_count"]
        totals[row["as_of_date"]][1] += row["end_count"]
    found: dict[date, list[int]] = defaultdict(lambda: [0, 0])
    hidden = set()
    for day, _, start, entered, left, end, is_suppressed in rows:
        if is_suppressed:
            hidden.add(day)
            assert (start, entered, left, end) == (None,) * 4
            continue
        found[day][0] += start
        found[day][1] += end
        assert not any(0 < count < 10 for count in (start, end, entered or 0, left or 0))
        assert entered is None or start + entered - left == end
    assert any(stage == POOL for _, stage, *_ in rows)
    assert {day: sums for day, sums in found.items() if day not in hidden} == {
        day: sums for day, sums in totals.items() if day not in hidden
    }


def test_a_pool_never_hides_a_single_small_stage(bank: ReviewBank) -> None:
    shown = Counter(
        (day, stage) for day, stage, *_ in build(bank, "bi_lifecycle_balances", "as_of_date, stage")
    )
    small = defaultdict(list)
    for row in balances(random.Random(3)):
        if 0 < row["start_count"] < 10 or 0 < row["end_count"] < 10:
            small[row["as_of_date"]].append(row["stage"])
    assert small
    for day, stages in small.items():
        assert shown[day, POOL] == 1
        assert not any(shown[day, stage] for stage in stages)


def test_outcomes_of_a_night_add_up_to_its_audience(bank: ReviewBank) -> None:
    audience = Counter(row["night_date"] for row in _drawn_decisions())
    found: Counter[date] = Counter()
    stated = {}
    for day, step, count, is_suppressed in bank.rows(
        "select as_of_date, step, customer_count, is_suppressed"
        " from bi.bi_campaign_funnel__build where strategy_id = 'deposit'"
    ):
        assert count is None if is_suppressed else not 0 < count < 10
        if step == "audience":
            stated[day] = count
        elif count is not None:
            found[day] += count
    for day, size in audience.items():
        assert stated[day] == (size if size >= 10 else None)
        assert found[day] == (size if size >= 10 else 0)


def test_the_funnel_of_a_list_counts_what_came_of_it(bank: ReviewBank) -> None:
    steps = dict(
        bank.rows(
            "select step, customer_count from measurement.msr_campaign_funnel"
            " where strategy_id = 'fund'"
        )
    )
    assert steps == {
        "audience": 40, "listed": 40, "delivered": 30, "connected": 12, "responded": 12,
        "converted": 25,
    }  # fmt: skip


def test_lift_counts_by_assignment_within_the_outcome_window(bank: ReviewBank) -> None:
    assert bank.rows(
        "select listed_count, control_count, listed_converted_count, control_converted_count,"
        " is_final, has_enough_data, no_lift_reason from measurement.msr_campaign_lift"
    ) == [(30, 10, 25, 0, True, False, "not_enough_data")]


def test_attribution_adds_up_to_the_conversions_for_every_model(bank: ReviewBank) -> None:
    totals = {
        month: (count, value)
        for month, count, value in bank.rows(
            "select date_trunc('month', converted_date)::date, count(*), sum(value_amount)"
            " from marts.fct_conversions where converted_date >= '2024-02-01' group by 1"
        )
    }
    rows = bank.rows(
        "select period_month, model, sum(credit), sum(value_amount), bool_and(is_reconciled),"
        " bool_or(is_suppressed) from bi.bi_attribution_summary__build group by 1, 2"
    )
    assert len(rows) == 2 * 7
    for month, _, credit, value, is_reconciled, is_suppressed in rows:
        assert is_reconciled
        assert not is_suppressed
        assert (credit, value) == totals[month]


def test_no_attribution_row_stands_for_fewer_than_ten_customers(bank: ReviewBank) -> None:
    people: dict[tuple[date, str, str], set[str]] = defaultdict(set)
    for month, channel, campaign, customer in bank.rows(
        "select date_trunc('month', converted_date)::date, channel, campaign_id, customer_id"
        " from attribution.attr_touch_credits"
    ):
        people[month, channel, campaign].add(customer)
        people[month, channel, "(all)"].add(customer)
    rows = bank.rows(
        "select period_month, channel, campaign_id from bi.bi_attribution_summary__build"
    )
    assert any(channel == POOL for _, channel, _ in rows)
    for month, channel, campaign in rows:
        if channel != POOL:
            assert len(people[month, channel, campaign]) >= 10


def test_attribution_says_why_there_is_no_incremental_number(bank: ReviewBank) -> None:
    rows = bank.rows(
        "select distinct incremental_credit, incremental_null_reason"
        " from bi.bi_attribution_summary__build where campaign_id in ('fund-1', '(none)')"
    )
    assert set(rows) <= {(None, "not_enough_data"), (None, "no_randomised_campaign")}
    assert rows


def test_small_tiers_are_pooled_until_ten_stand_behind_them(bank: ReviewBank) -> None:
    rows = build(
        bank,
        "bi_tier_balances",
        "value_tier, customer_count, near_tier_count, is_suppressed",
    )
    assert sorted(rows) == [
        (POOL, 20, 0, False),
        ("gold", 60, None, False),
        ("mass", 150, None, False),
    ]


def test_flows_name_nobody_behind_a_small_number(bank: ReviewBank) -> None:
    """The restless customer's 20 moves are one customer; with ten others it is in the pool."""
    columns = "period_month, from_stage, to_stage, transition_count, customer_count, is_suppressed"
    rows = build(bank, "bi_lifecycle_flows", columns)
    february, march = date(2024, 2, 1), date(2024, 3, 1)
    assert sorted(rows, key=str) == sorted(
        [
            (february, "mature", "at_risk", 40, 40, False),
            (february, "at_risk", "churned", 12, 12, False),
            (february, POOL, POOL, 10, 10, False),
            (march, "mature", "at_risk", 40, 40, False),
            (march, "at_risk", "churned", 12, 12, False),
            (march, POOL, POOL, 30, 11, False),
        ],
        key=str,
    )


def test_values_of_every_enumerable_tag_are_counted(bank: ReviewBank) -> None:
    rows = build(bank, "bi_tag_values", "tag_code, tag_value, customer_count, label_zh")
    tiers = {value: count for code, value, count, _ in rows if code == "value_tier"}
    assert tiers == {"mass": 150, "gold": 60, POOL: 20}
    near = {value: count for code, value, count, _ in rows if code == "is_near_tier"}
    assert near == {POOL: 230}
    assert {count for code, _, count, _ in rows if code == "gender"} == {230}
    assert "aum_month_average_amount" not in {code for code, *_ in rows}
    assert all(label for *_, label in rows)


def test_feeds_that_did_not_come_are_said_to_be_absent(bank: ReviewBank) -> None:
    assert sorted(
        build(bank, "bi_feed_quality", "feed, status, reason, rows_read, rows_loaded")
    ) == [
        ("contacts", "delivered", "", 10, 7),
        ("leads", "absent", "no such feed", 0, 0),
    ]


def test_the_summary_of_the_night(bank: ReviewBank) -> None:
    summary = dict(build(bank, "bi_night_summary", "metric, amount"))
    assert len(summary) == 12
    assert (summary["rows_quarantined"], summary["feeds_absent"], summary["customers"]) == (
        1,
        1,
        230,
    )


def test_everything_is_published_for_the_night_or_days_before_it(bank: ReviewBank) -> None:
    tables = bank.rows("select tablename from pg_tables where schemaname = 'bi' order by 1")
    assert len(tables) == 9
    for (table,) in tables:
        first, last, rows = bank.rows(
            f"select min(as_of_date), max(as_of_date), count(*) from bi.{table}"
        )[0]
        assert rows > 0
        assert NIGHT - timedelta(days=35) < first <= last == NIGHT


def test_the_tests_of_these_layers_pass(bank: ReviewBank) -> None:
    assert bank.test("path:models/measurement", "path:models/bi", "path:tests/bi") >= 18


def test_another_night_equals_a_full_rebuild(bank: ReviewBank, server: Settings) -> None:
    name = "test_bi_tables_next"
    clone_database(server, bank.settings.database_name, name)
    night = NIGHT + timedelta(days=1)
    following = ReviewBank(server.model_copy(update={"database": name}), FIRST)
    following.models = ("path:models/attribution", "path:models/measurement", "path:models/bi")
    following.add("activation.decisions", {
        "night_date": night, "strategy_id": "deposit", "customer_id": "C1",
        "campaign_id": "deposit-1", "channel": "sms", "outcome": "listed", "reason": "listed",
    })  # fmt: skip
    following.add("marts.fct_responses", {
        "response_id": "late", "contact_id": "x20", "list_row_id": "row20",
        "responded_date": night, "responded_at": datetime(2024, 4, 1, 1, tzinfo=UTC),
        "response": "applied",
    })  # fmt: skip
    following.add("tags.lifecycle_transitions", {
        "customer_id": "C1", "transition_date": night, "from_stage": "mature",
        "to_stage": "at_risk", "trigger": "aum_fall",
    })  # fmt: skip
    following.build(night)
    first = _measured(following)
    assert first != _measured(bank)
    following.build(night, full_refresh=True)
    assert _measured(following) == first
    assert following.rows(
        "select customer_count from measurement.msr_campaign_funnel"
        " where strategy_id = 'fund' and step = 'responded'"
    ) == [(13,)]
    drop_database(server, name)


def _measured(bank: ReviewBank) -> dict[str, set[str]]:
    tables = ("decision_funnel", "list_outcomes", "lifecycle_flows", "campaign_lift")
    with connect(bank.settings) as connection:
        return {t: one_row_per_line(connection, f"measurement.msr_{t}") for t in tables}


def _drawn_decisions() -> list[dict[str, Any]]:
    chance = random.Random(3)
    balances(chance)
    return decisions(chance)
