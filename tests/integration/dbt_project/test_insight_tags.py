"""Tags, boundary days of the clock stages, the catalogue and the unit tests of the models."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from dags.pipeline_support import dbt
from tests.integration.dbt_project.insight_bank import MODELS, TAG_MODELS, Bank
from tests.integration.dbt_project.life_events import LIVES, Life, add_life_events
from warehouse.connection import drop_database, ensure_database
from warehouse.settings import PROJECT_DIR, Settings

FIRST = date(2023, 1, 1)
NIGHT = date(2024, 3, 9)
MODELS_DIR = PROJECT_DIR / "dbt_project" / "models"


def customer(name: str, opened: date | None, **columns: Any) -> dict[str, Any]:
    return {
        "customer_id": name,
        "party_type": "customer" if opened else "prospect",
        "birth_date": date(1962, 3, 12),
        "first_opened_date": opened,
        "first_seen_date": FIRST,
        "is_authorised_only": False,
        "is_deceased": False,
        **columns,
    }


def account(name: str, owner: str, category: str, opened: date, **columns: Any) -> dict[str, Any]:
    return {
        "account_id": name,
        "customer_id": owner,
        "product_id": f"P-{category}",
        "category": category,
        "currency_code": "CNY",
        "opened_date": opened,
        **columns,
    }


def posting(name: str, owner: str, day: date, kind: str, amount: int, **columns: Any) -> dict:
    return {
        "transaction_id": name,
        "customer_id": owner,
        "booked_date": day,
        "amount": amount,
        "currency_code": "CNY",
        "transaction_type": kind,
        "channel": "app",
        "is_customer_initiated": kind not in {"salary", "interest"},
        "is_reversed": False,
        **columns,
    }


def days_ago(number: int) -> date:
    return NIGHT - timedelta(days=number)


@pytest.fixture(scope="module")
def bank(server: Settings) -> Iterator[Bank]:
    settings = server.model_copy(update={"database": "insight_tags"})
    ensure_database(settings)
    made = Bank(settings, FIRST, models=(*MODELS, *TAG_MODELS))
    made.prepare()
    fill(made)
    add_life_events(made, NIGHT)
    made.build(NIGHT, FIRST)
    yield made
    drop_database(server, "insight_tags")


def fill(bank: Bank) -> None:
    old = date(2019, 5, 1)
    opened = {
        "RICH": old, "QUIET": old, "NEAR": old, "NO-CONSENT": old,
        **{f"BOOK-{n}": days_ago(n) for n in (0, 90, 91, 180, 181)},
        **{f"IDLE-{n}": old for n in (179, 180, 364, 365)},
    }  # fmt: skip
    bank.add("marts.dim_customers", *(customer(name, day) for name, day in opened.items()))
    bank.add("marts.dim_customers", customer("MINOR", old, birth_date=date(2010, 1, 1)))
    bank.add("marts.dim_customers", customer("UNBORN", old, birth_date=days_ago(-1)))
    bank.add("marts.dim_customers", customer("PROSPECT", None), customer("HELPER", None))
    bank.add(
        "intermediate.int_customers__authorised",
        {"customer_id": "HELPER", "valid_from": FIRST, "valid_to": date(9999, 12, 31)},
    )
    opened["MINOR"] = opened["UNBORN"] = old
    accounts = [account(f"A-{name}", name, "demand", day) for name, day in opened.items()]
    accounts.append(account("W-RICH", "RICH", "wealth", days_ago(200), maturity_date=days_ago(-5)))
    bank.add("marts.dim_accounts", *accounts)
    bank.add(
        "intermediate.int_account_owners__history",
        *(
            {
                "account_id": row["account_id"],
                "customer_id": row["customer_id"],
                "valid_from": date(1900, 1, 1),
                "valid_to": date(9999, 12, 31),
            }
            for row in accounts
        ),
    )
    amounts = {"RICH": 40_000_000, "NEAR": 4_500_000, "NO-CONSENT": 4_499_999}
    bank.add(
        "marts.fct_account_balances",
        *(
            {
                "account_id": f"A-{name}",
                "customer_id": name,
                "balance_date": max(FIRST, day),
                "ledger_balance": amounts.get(name, 50_000),
                "currency_code": "CNY",
            }
            for name, day in opened.items()
        ),
    )
    add_events(bank)
    bank.add(
        "marts.dim_customer_consents",
        *(
            {
                "customer_id": name,
                "purpose": "profiling",
                "channel": "all",
                "status": "granted",
                "valid_from": FIRST,
            }
            for name in (*opened, "REVOKED")
            if name != "NO-CONSENT"
        ),
    )


def add_events(bank: Bank) -> None:
    idle = [posting(f"I{n}", f"IDLE-{n}", days_ago(n), "transfer_out", -5) for n in
            (179, 180, 364, 365)]  # fmt: skip
    bank.add(
        "marts.fct_transactions",
        *idle,
        posting("S1", "RICH", NIGHT, "salary", 900_000),
        posting("S2", "NO-CONSENT", NIGHT, "salary", 900_000),
        posting("S3", "NEAR", NIGHT, "salary", 900_000),
        posting("S4", "NEAR", days_ago(31), "salary", 900_000),
        posting("D1", "RICH", NIGHT, "deposit", 5_000_000),
        posting("D2", "NEAR", NIGHT, "deposit", 4_999_999),
        posting("X1", "QUIET", days_ago(3), "transfer_out", -5, is_reversed=True),
        posting("X2", "BOOK-91", days_ago(3), "interest", 5),
        posting("X3", "BOOK-181", days_ago(100), "transfer_out", -5),
    )
    for name in ("RICH", "NO-CONSENT", "NEAR"):
        bank.add(
            "predictions.churn",
            {"customer_id": name, "as_of_date": NIGHT, "is_champion": True, "score": 0.5,
             "decile": 4},
        )  # fmt: skip
        bank.add(
            "predictions.clusters",
            {"customer_id": name, "as_of_date": NIGHT, "is_champion": True, "persona_id": "k3"},
        )
        bank.add(
            "marts.fct_app_events",
            {"event_id": f"E-{name}", "customer_id": name, "session_id": "s", "event_date": NIGHT,
             "product_id": "P-wealth"},
        )  # fmt: skip
    bank.add(
        "marts.dim_risk_assessments",
        {"customer_id": "RICH", "risk_level": "C3", "assessed_at": FIRST, "valid_until": NIGHT},
        {"customer_id": "NEAR", "risk_level": "C4", "assessed_at": FIRST,
         "valid_until": days_ago(1)},
    )  # fmt: skip


def tags(bank: Bank, name: str, *columns: str) -> tuple[Any, ...]:
    found = bank.rows(
        f"select {', '.join(columns)} from tags.customer_tags"
        " where customer_id = %s and as_of_date = %s",
        [name, NIGHT],
    )
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("BOOK-0", "onboarding"), ("BOOK-90", "onboarding"), ("BOOK-91", "growing"),
        ("BOOK-180", "churned"), ("BOOK-181", "mature"),
        ("IDLE-179", "at_risk"), ("IDLE-180", "churned"),
        ("IDLE-364", "churned"), ("IDLE-365", "dormant"),
        ("PROSPECT", "none"), ("HELPER", "none"), ("QUIET", "dormant"),
    ],
)  # fmt: skip
def test_stage_on_the_boundary_days(bank: Bank, name: str, stage: str) -> None:
    """`IDLE-n` last transacted n days ago, once; BOOK-180 never did: 180 idle days."""
    assert tags(bank, name, "lifecycle_stage") == (stage,)


def test_parties_without_an_own_account_say_why(bank: Bank) -> None:
    found = bank.rows(
        "select customer_id, none_reason from tags.lifecycle_current"
        " where stage = 'none' order by 1"
    )
    assert found == [("HELPER", "authorised_only"), ("PROSPECT", "no_account")]


def test_interest_does_not_activate(bank: Bank) -> None:
    assert tags(bank, "BOOK-91", "is_activated", "is_never_activated") == (False, True)
    assert tags(bank, "BOOK-90", "is_activated", "is_never_activated") == (False, False)
    assert tags(bank, "BOOK-181", "is_activated", "is_never_activated") == (True, False)
    assert tags(bank, "QUIET", "is_activated", "is_never_activated") == (None, None)


def test_value_tier_of_the_last_full_month_and_its_neighbour(bank: Bank) -> None:
    assert tags(bank, "RICH", "value_tier", "is_near_tier") == ("platinum", False)
    assert tags(bank, "NEAR", "value_tier", "is_near_tier") == ("mass", True)
    assert tags(bank, "NO-CONSENT", "value_tier", "is_near_tier") == ("mass", False)
    assert tags(bank, "BOOK-0", "value_tier", "is_near_tier") == (None, None)


def test_events_of_the_night(bank: Bank) -> None:
    columns = ("has_large_deposit_today", "has_first_salary_today", "has_browsed_without_purchase")
    assert tags(bank, "RICH", *columns) == (True, True, False)
    assert tags(bank, "NEAR", *columns) == (False, False, True)
    assert tags(bank, "RICH", "wealth_maturing_in_days", "birthday_in_days") == (5, 3)


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.name)
def test_life_events_on_both_sides_of_each_limit(bank: Bank, life: Life) -> None:
    assert tags(bank, life.name, life.tag) == (life.expected,)


def test_nothing_is_profiled_without_consent(bank: Bank) -> None:
    columns = (
        "persona_id", "churn_decile", "rfm_recency_quintile", "has_first_salary_today",
        "has_browsed_without_purchase", "is_parent_child",
    )  # fmt: skip
    assert tags(bank, "NO-CONSENT", *columns) == (None,) * 6
    assert tags(bank, "NEAR", "persona_id", "churn_decile") == ("k3", 4)
    scorable = bank.rows("select customer_id from features.ftr_customers where is_scorable")
    assert "NO-CONSENT" not in {row[0] for row in scorable}
    assert "MINOR" not in {row[0] for row in scorable}
    assert "RICH" in {row[0] for row in scorable}


def test_risk_tier_expires_the_day_after_its_validity(bank: Bank) -> None:
    assert tags(bank, "RICH", "risk_tier") == ("C3",)
    assert tags(bank, "NEAR", "risk_tier") == ("expired",)
    assert tags(bank, "QUIET", "risk_tier") == (None,)


def test_rules_that_need_more_days_are_reported_as_not_observed(bank: Bank) -> None:
    found = {row[0]: row[1:] for row in bank.rows(
        "select trigger, needed_days, not_observed_count from tags.lifecycle_observation"
    )}  # fmt: skip
    opened_within_a_year = 5 + sum(life.opened_days_ago is not None for life in LIVES)
    assert found["inactivity_365"] == (365, opened_within_a_year)
    assert found["inactivity_180"] == (180, 3)
    assert found["product_more"] == (90, 1)


def test_customer_groups_and_their_primary_one(bank: Bank) -> None:
    found = bank.rows(
        "select segment_code, is_primary from tags.tag_memberships"
        " where customer_id = 'RICH' and rule_set = 'customer_group' order by priority"
    )
    assert found == [("payroll", True), ("silver_hair", False)]
    assert tags(bank, "RICH", "primary_group", "group_count") == ("payroll", 2)
    assert tags(bank, "BOOK-0", "primary_group") == ("new_to_bank",)
    assert tags(bank, "PROSPECT", "group_count") == (1,)


def test_wealth_micro_segments_need_a_tier_of_gold_or_more(bank: Bank) -> None:
    assert tags(bank, "RICH", "wealth_micro_segment") == ("platinum_inactive_multi",)
    assert tags(bank, "NEAR", "wealth_micro_segment") == (None,)


def test_overlaps_count_customers_in_both(bank: Bank) -> None:
    ((both, first),) = bank.rows(
        "select customer_count, primary_count from tags.tag_membership_overlaps"
        " where segment_code = 'payroll' and other_segment_code = 'silver_hair'"
    )
    ((size,),) = bank.rows(
        "select customer_count from tags.tag_membership_overlaps"
        " where segment_code = 'payroll' and other_segment_code = 'payroll'"
    )
    ((members,),) = bank.rows(
        "select count(*) from tags.tag_memberships where segment_code = 'payroll'"
    )
    assert (both, first, size) == (members, members, members)


def test_needs_are_false_without_a_reason_and_null_without_consent(bank: Bank) -> None:
    columns = ("needs_investing", "needs_retiring", "needs_educating", "primary_need")
    assert tags(bank, "RICH", *columns) == (True, True, False, "retiring")
    assert tags(bank, "NO-CONSENT", *columns) == (None, None, None, None)
    found = bank.rows(
        "select distinct customer_id from tags.tag_memberships where rule_set = 'need'"
    )
    assert ("RICH",) in found
    assert ("NO-CONSENT",) not in found


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("update staging.segment_rules set priority = 30 where segment_code = 'silver_hair'",
         "customer_group: payroll and silver_hair both have priority 30"),
        ("update staging.segment_conditions set tag_code = 'is_lucky'"
         " where segment_code = 'payroll'", "payroll: unknown or retired tag is_lucky"),
        ("update staging.segment_conditions set operator = '<'"
         " where segment_code = 'payroll'", "operator < on is_payroll, which is boolean"),
        ("update staging.segment_conditions set condition_value = '1; drop table x'"
         " where segment_code = 'middle_class' and tag_code = 'age_years'",
         "value 1; drop table x of age_years, which is a whole number"),
        ("delete from staging.segment_conditions where segment_code = 'rural'",
         "rural: no condition that is valid from"),
    ],
)  # fmt: skip
def test_wrong_segment_rules_stop_the_build(bank: Bank, change: str, found: str) -> None:
    bank.execute(change)
    with pytest.raises(dbt.TransformationError) as refused:
        dbt.call(bank.settings, ["run", "--select", "tag_memberships"], layer="insight")
    assert found in refused.value.found
    dbt.call(bank.settings, ["seed", "--select", "segment_rules", "segment_conditions"])


def test_a_rule_that_is_valid_later_changes_nothing_before(bank: Bank) -> None:
    later = "insert into staging.segment_rules select rule_set, segment_code, date %s, status, 1,"
    bank.execute(
        later.replace("%s", "'2024-03-10'") + " label_en, label_zh from staging.segment_rules"
        " where segment_code = 'silver_hair'"
    )
    dbt.call(bank.settings, ["run", "--select", "tag_memberships"], layer="insight")
    priority = "select distinct priority from tags.tag_memberships where segment_code = %s"
    assert bank.rows(priority, ["silver_hair"]) == [(40,)]
    dbt.call(bank.settings, ["seed", "--select", "segment_rules", "segment_conditions"])


def test_a_birth_date_in_the_future_gives_no_age(bank: Bank) -> None:
    columns = ("age_years", "age_band", "is_minor", "is_silver_hair", "birthday_in_days")
    assert tags(bank, "UNBORN", *columns) == (None,) * 5
    scorable = bank.rows("select customer_id from features.ftr_customers where is_scorable")
    assert ("UNBORN",) not in scorable


def test_milestones_are_dated_where_the_opening_was_seen(bank: Bank) -> None:
    found = {row[0]: row[1:] for row in bank.rows(
        "select customer_id, activated_date, second_product_date, first_wealth_date"
        " from tags.lifecycle_milestones"
    )}  # fmt: skip
    assert found["RICH"] == (None, days_ago(200), days_ago(200))
    assert found["BOOK-181"] == (days_ago(100), None, None)
    assert tags(bank, "BOOK-181", "milestone_count", "next_milestone") == (1, "first_salary")
    assert tags(bank, "RICH", "milestone_count", "next_milestone") == (2, None)


def test_quality_counts_what_is_filled(bank: Bank) -> None:
    found = {row[0]: row[1:] for row in bank.rows(
        "select tag_code, customer_count, filled_count, distinct_count, is_within_sla, psi"
        " from tags.tag_quality where as_of_date = %s", [NIGHT],
    )}  # fmt: skip
    ((customers, aged, ages),) = bank.rows(
        "select count(*), count(age_years), count(distinct age_years) from tags.customer_tags"
    )
    assert found["age_years"] == (customers, aged, ages, True, None)
    assert found["complaint_closed_days_ago"] == (customers, 0, 0, False, None)


def test_drift_is_zero_against_itself_and_large_for_what_moved(bank: Bank) -> None:
    """The bank's night stands in for the end of last month, with one tag turned around."""
    columns = [row[0] for row in bank.rows(
        "select column_name from information_schema.columns where table_schema = 'tags'"
        " and table_name = 'customer_tags' and column_name not in ('as_of_date', 'is_payroll')"
    )]  # fmt: skip
    listed = ", ".join(columns)
    bank.execute(
        "create table tags.customer_tags__2024_02_29 partition of tags.customer_tags"
        " for values from ('2024-02-29') to ('2024-03-01')"
    )
    bank.execute(
        f"insert into tags.customer_tags (as_of_date, is_payroll, {listed})"
        f" select '2024-02-29', not is_payroll, {listed} from tags.customer_tags"
    )
    dbt.call(bank.settings, ["run", "--select", "tag_quality"], layer="insight")
    psi = dict(bank.rows("select tag_code, psi from tags.tag_quality"))
    bank.execute("drop table tags.customer_tags__2024_02_29")
    assert psi["age_years"] == 0
    assert psi["lifecycle_stage"] == 0
    assert psi["is_payroll"] > 1


def test_a_night_adds_the_column_of_a_new_tag_and_keeps_the_others(bank: Bank) -> None:
    kept = bank.rows("select customer_id, value_tier from tags.customer_tags order by 1")
    bank.execute("alter table tags.customer_tags drop column gender, drop column is_overdue")
    bank.execute("update ops.current_night set span_from = night_date")
    dbt.call(bank.settings, ["run", "--select", "customer_tags"], layer="insight")
    assert bank.rows("select customer_id, value_tier from tags.customer_tags order by 1") == kept
    assert bank.rows("select distinct is_overdue from tags.customer_tags") == [(False,)]


def test_tags_that_are_not_wholly_defined_stop_the_build(bank: Bank) -> None:
    """The parsed definitions are damaged in the memory of the runner, and mended again."""
    manifest = dbt._runner(bank.settings.database_name)._manifest
    assert manifest is not None
    columns = manifest.flat_graph["nodes"]["model.bankloop.tag_customer__identity"]["columns"]
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("gender", {"owner": None}, "gender: no owner"),
        ("age_years", {"label_zh": ""}, "age_years: no label_zh"),
        ("age_band", {"sla": None}, "age_band: no sla"),
        ("region", {"sensitivity": "secret"}, "region: sensitivity secret"),
        ("is_minor", {"legal_basis": "contract"}, "is_minor: sensitive without a legal_basis"),
        ("occupation", {"status": None}, "occupation: no status"),
        ("income_band", {"owner": None, "status": "draft"}, ""),
    ]
    whole = {code: dict(columns[code]["meta"]) for code, *_ in wrong}
    for code, change, _ in wrong:
        columns[code]["meta"].update(change)
    try:
        with pytest.raises(dbt.TransformationError) as refused:
            dbt.call(bank.settings, ["run", "--select", "tag_catalogue"], layer="insight")
    finally:
        for code, meta in whole.items():
            columns[code]["meta"].update(meta)
    assert [problem for *_, problem in wrong if problem not in refused.value.found] == []
    assert "income_band" not in refused.value.found


def test_catalogue_and_wide_table_name_the_same_tags(bank: Bank) -> None:
    catalogue = {row[0] for row in bank.rows("select tag_code from tags.tag_catalogue")}
    columns = {row[0] for row in bank.rows(
        "select column_name from information_schema.columns"
        " where table_schema = 'tags' and table_name = 'customer_tags'"
    )}  # fmt: skip
    assert columns - {"customer_id", "as_of_date"} == catalogue
    live = bank.rows("select count(*) from tags.tag_catalogue where status = 'live'")
    assert live[0][0] >= 70


def test_data_and_unit_tests_of_dbt_pass_on_this_bank(bank: Bank) -> None:
    rules = ("assert_every_customer_has_one_stage", "assert_stage_flows_balance",
             "assert_aum_is_the_sum_of_its_categories", "assert_no_profile_without_consent",
             "assert_every_live_tag_is_catalogued",
             "assert_one_day_follows_another_in_aum")  # fmt: skip
    unit = [f"{model},test_type:unit" for model in
            ("fct_customer_aum", "fct_customer_activity", "ftr_customers__windows",
             "lifecycle_states")]  # fmt: skip
    outcome = dbt.call(bank.settings, ["test", "--select", *rules, *unit], layer="insight")
    assert outcome.statuses == {"pass": len(rules) + 5}


def test_the_rules_of_dbt_find_what_they_look_for(bank: Bank) -> None:
    """Each rule is broken once, in a transaction's worth of changes that are undone."""
    broken = {
        "assert_every_customer_has_one_stage": "delete from tags.lifecycle_states"
        " where customer_id = 'RICH' and as_of_date = '2024-03-09'",
        "assert_stage_flows_balance": "update tags.lifecycle_daily_balance"
        " set end_count = end_count + 1 where as_of_date = '2024-03-05' and stage = 'mature'",
        "assert_aum_is_the_sum_of_its_categories": "update marts.fct_customer_aum"
        " set fund_amount = fund_amount + 1 where as_of_date = '2024-03-09'",
        "assert_no_profile_without_consent": "update tags.customer_tags set churn_decile = 1",
        "assert_every_live_tag_is_catalogued": "update tags.tag_catalogue set label_zh = null"
        " where tag_code = 'gender'",
        "assert_one_day_follows_another_in_aum": "delete from marts.fct_customer_aum"
        " where customer_id = 'QUIET' and as_of_date = '2024-03-09'",
    }
    for statement in broken.values():
        bank.execute(statement)
    with pytest.raises(dbt.TransformationError, match=f"{len(broken)} failed"):
        dbt.call(bank.settings, ["test", "--select", *broken], layer="insight")
    bank.build(NIGHT, FIRST)


def test_threshold_codes_of_the_macro_are_those_of_the_seed(bank: Bank) -> None:
    seeded = {
        row[0] for row in bank.rows("select threshold_code from staging.lifecycle_thresholds")
    }
    macro = (PROJECT_DIR / "dbt_project/macros/insight/thresholds_on.sql").read_text()
    listed = macro.split("return([", 1)[1].split("])", 1)[0]
    assert {code.strip(" \n'") for code in listed.split(",")} == seeded
