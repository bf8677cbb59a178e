"""Nightly scoring: who is scored, by what, and that doing it again changes nothing."""

from collections.abc import Callable
from datetime import date

import psycopg
import pytest

import models_ml
from models_ml.scoring import ScoringReport
from models_ml.tables import create_prediction_tables
from warehouse.connection import connect
from warehouse.settings import Settings

NIGHT = date(2024, 4, 30)


def score(settings: Settings, night: date = NIGHT) -> ScoringReport:
    with connect(settings) as connection:
        return models_ml.score_slots(settings, connection, night)


def all_rows(settings: Settings, table: str) -> list[tuple[object, ...]]:
    with connect(settings) as connection:
        return connection.execute(
            f"select * from {table} order by customer_id, model_name"
        ).fetchall()


def value(settings: Settings, query: str) -> object:
    with connect(settings) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_tables_can_be_created_again(bank: Settings) -> None:
    with connect(bank) as connection:
        create_prediction_tables(connection)
    assert value(bank, "select count(*) from predictions.personas") == 5


def test_without_a_model_the_rule_scores_every_scorable_customer(
    fill: Callable[..., Settings],
) -> None:
    settings = fill(300)
    report = score(settings)
    assert {found.model_name for found in report.slots} == {"rule_baseline"}
    assert value(settings, "select count(*) from predictions.clusters where is_champion") == 270
    unknown = (
        "select count(*) from predictions.clusters where persona_id not in "
        "(select persona_id from predictions.personas where model_name = 'rule_baseline')"
    )
    assert value(settings, unknown) == 0


def test_people_who_may_not_be_scored_have_no_row(fill: Callable[..., Settings]) -> None:
    settings = fill(300)
    score(settings)
    for slot in ("clusters", "churn"):
        wrong = (
            f"select count(*) from predictions.{slot} join features.ftr_customers "
            "using (customer_id) where not is_scorable"
        )
        assert value(settings, wrong) == 0
        assert value(settings, f"select count(*) from predictions.{slot}") != 0


def test_churn_scores_only_its_population(fill: Callable[..., Settings]) -> None:
    settings = fill(300)
    score(settings)
    expected = (
        "select count(*) from features.ftr_customers where is_scorable and days_on_book >= 180 "
        "and days_since_last_activity < 30"
    )
    assert value(settings, "select count(*) from predictions.churn") == value(settings, expected)


def test_churn_reasons_are_known_codes_and_only_in_the_top_decile(
    fill: Callable[..., Settings],
) -> None:
    settings = fill(300)
    score(settings)
    wrong = "select count(*) from predictions.churn where (reasons is not null) <> (decile = 10)"
    assert value(settings, wrong) == 0
    unknown = (
        "select count(*) from predictions.churn, regexp_split_to_table(reasons, ' ') as code "
        "where code not in (select reason_code from predictions.reason_codes)"
    )
    assert value(settings, unknown) == 0
    assert value(settings, "select count(*) from predictions.churn where decile = 10") != 0


def test_scoring_again_replaces_the_night_and_no_other(fill: Callable[..., Settings]) -> None:
    fill(300, date(2024, 4, 29))
    settings = fill(300)
    score(settings, date(2024, 4, 29))
    earlier = all_rows(settings, "predictions.clusters")
    score(settings)
    before = all_rows(settings, "predictions.clusters") + all_rows(settings, "predictions.churn")
    score(settings)
    after = all_rows(settings, "predictions.clusters") + all_rows(settings, "predictions.churn")
    assert after == before
    assert set(earlier) < set(after)


def test_predictions_of_a_month_lie_in_its_partition(fill: Callable[..., Settings]) -> None:
    settings = fill(50, date(2024, 12, 31))
    score(settings, date(2024, 12, 31))
    partition = (
        "select count(*) from pg_inherits where inhrelid = 'predictions.churn_2024_12'::regclass"
    )
    assert value(settings, partition) == 1


def test_a_score_twice_for_a_customer_is_refused_by_the_table(
    fill: Callable[..., Settings],
) -> None:
    settings = fill(50)
    score(settings)
    with connect(settings) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("insert into predictions.churn select * from predictions.churn")
