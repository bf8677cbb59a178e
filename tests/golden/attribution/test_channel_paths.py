"""The published channel table, from 10,000 aggregated paths that are not part of the project."""

import csv
import gzip
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from bankloop import app
from measurement.attribution import markov_credits
from measurement.markov import conversion_probability, fit_chain, removal_effects
from measurement.paths import PathCount, parse_path
from measurement.rules import (
    Rule,
    credit_by_channel,
    first_touch,
    last_touch,
    linear,
    position_based,
)
from measurement.shapley import shapley_set_credits
from tests.golden.attribution.channel_paths import PATHS, PUBLISHED

VALUE_UNITS = 10**6

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not PATHS.exists(), reason="no channel_paths data; set BANKLOOP_DATA_DIR"),
]


@pytest.fixture(scope="module")
def paths() -> list[PathCount]:
    with gzip.open(PATHS, "rt", encoding="utf-8", newline="") as lines:
        return [_path(row) for row in csv.DictReader(lines)]


def _path(row: dict[str, str]) -> PathCount:
    value = round(Decimal(row["total_conversion_value"]) * VALUE_UNITS)
    return PathCount(
        parse_path(row["path"]), int(row["total_conversions"]), value, int(row["total_null"])
    )


@pytest.fixture(scope="module")
def converting(paths: list[PathCount]) -> list[PathCount]:
    return [PathCount(p.channels, p.conversions, p.value, 0) for p in paths]


def test_the_file_is_the_published_one(paths: list[PathCount]) -> None:
    assert len(paths) == 10_000
    assert sum(p.conversions for p in paths) == 19_785
    assert sum(p.nulls for p in paths) == 68_602
    assert sum(p.value for p in paths) / VALUE_UNITS == pytest.approx(74_802.971587, abs=1e-5)


@pytest.mark.parametrize(
    ("rule", "column"), [(first_touch, 0), (last_touch, 1), (linear, 2), (position_based, 3)]
)
def test_rules_give_the_published_credit(paths: list[PathCount], rule: Rule, column: int) -> None:
    credit = credit_by_channel(paths, rule)
    assert sum(credit.values()) == 19_785
    assert {c: round(float(v), 3) for c, v in credit.items()} == {
        channel: row[column] for channel, row in PUBLISHED.items()
    }


def test_markov_gives_the_published_credit(converting: list[PathCount]) -> None:
    assert conversion_probability(fit_chain(converting)) == pytest.approx(1.0)
    credit = {c.channel: round(c.credit_units / 1e9, 3) for c in markov_credits(converting)}
    assert credit == {channel: row[4] for channel, row in PUBLISHED.items()}


@pytest.mark.parametrize("order", [1, 2, 3])
def test_null_paths_and_higher_orders_still_add_up(paths: list[PathCount], order: int) -> None:
    credits = markov_credits(paths, order)
    assert sum(c.credit_units for c in credits) == 19_785 * 10**9
    assert sum(c.value_amount for c in credits) == sum(p.value for p in paths)


def test_every_removal_effect_is_a_share(paths: list[PathCount]) -> None:
    effects = removal_effects(fit_chain(paths))
    assert len(effects) == 12
    assert all(0.0 < effect < 1.0 for effect in effects.values())


def test_shapley_adds_up(paths: list[PathCount]) -> None:
    assert sum(shapley_set_credits(paths).values()) == 19_785 * 10**9


@pytest.fixture(scope="module")
def by_command(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Decimal]]:
    out = tmp_path_factory.mktemp("credits") / "credits.csv"
    result = CliRunner().invoke(app, ["attribute", "--paths", str(PATHS), "--out", str(out)])
    assert result.exit_code == 0, result.output
    with out.open(encoding="utf-8", newline="") as lines:
        return {
            row.pop("channel"): {name: Decimal(number) for name, number in row.items()}
            for row in csv.DictReader(lines)
        }


@pytest.mark.parametrize(
    ("model", "column"),
    [("first", 0), ("last", 1), ("linear", 2), ("position", 3), ("markov_1", 4)],
)
def test_the_command_gives_the_published_credit_by_default(
    by_command: dict[str, dict[str, Decimal]], model: str, column: int
) -> None:
    credit = {c: float(round(row[f"{model}_conversions"], 3)) for c, row in by_command.items()}
    assert credit == {channel: row[column] for channel, row in PUBLISHED.items()}


@pytest.mark.parametrize("model", ["first", "last", "linear", "position", "markov_1", "shapley"])
def test_the_command_splits_all_conversions_and_all_value(
    by_command: dict[str, dict[str, Decimal]], model: str, paths: list[PathCount]
) -> None:
    assert sum(row[f"{model}_conversions"] for row in by_command.values()) == 19_785
    value = sum(row[f"{model}_value"] for row in by_command.values())
    assert value * VALUE_UNITS == sum(p.value for p in paths)
