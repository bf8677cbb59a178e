"""Contracts of slots, and the common last step of scoring."""

import sys
from subprocess import run

import numpy as np
import pandas as pd
import pytest

from models_ml.clusters.baseline import QUIET_BELOW, score_by_rule
from models_ml.ranking import finish
from models_ml.reasons import reason_codes
from models_ml.rule_personas import RULE_PERSONAS
from models_ml.slots import CHURN, CLUSTERS, slot_named, slots
from warehouse.errors import ModelError


def scored(scores: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": [f"C{i:03d}" for i in range(len(scores))],
            "item_id": "-",
            "score": scores,
            "reasons": "SILENCE_LONG",
        }
    )


def test_every_slot_has_a_rule_that_exists() -> None:
    for slot in slots().values():
        assert callable(slot.baseline_function())


def test_an_unknown_slot_names_those_that_exist() -> None:
    with pytest.raises(ModelError, match="churn, clusters"):
        slot_named("charm")


def test_a_slot_with_a_rule_only_says_so() -> None:
    with pytest.raises(ModelError, match="rule only"):
        CHURN.model_function()


def test_deciles_are_even_and_ten_is_the_highest() -> None:
    rows = finish(scored([i / 100 for i in range(40)]), CHURN)
    assert rows["decile"].value_counts().to_dict() == dict.fromkeys(range(1, 11), 4)
    assert rows.loc[rows["score"].idxmax(), "decile"] == 10
    assert rows.loc[rows["score"].idxmax(), "rank"] == 1


def test_ties_are_broken_by_customer() -> None:
    rows = finish(scored([0.5] * 20).sample(frac=1, random_state=1), CHURN)
    assert rows["rank"].tolist() == list(range(1, 21))


def test_scores_are_rounded_before_they_are_ranked() -> None:
    rows = finish(scored([0.1234564, 0.1234561]), CHURN)
    assert rows["score"].tolist() == [0.123456, 0.123456]
    assert rows["rank"].tolist() == [1, 2]


def test_reasons_stay_in_the_top_decile() -> None:
    rows = finish(scored([i / 100 for i in range(40)]), CHURN)
    assert rows["reasons"].notna().sum() == 4
    assert (rows["reasons"].notna() == (rows["decile"] == 10)).all()


@pytest.mark.parametrize("bad", [1.2, -0.1, np.nan])
def test_a_score_out_of_range_is_refused(bad: float) -> None:
    with pytest.raises(ModelError, match="1 outside or missing"):
        finish(scored([0.5, bad]), CHURN)


def test_a_customer_twice_is_refused() -> None:
    rows = scored([0.5, 0.6]).assign(customer_id="C1")
    with pytest.raises(ModelError, match="1 twice"):
        finish(rows, CHURN)


def habits(**counts: int) -> pd.DataFrame:
    columns = {f"{name}_count_90d": 0 for name in ("app", "online", "branch", "atm", "pos")}
    columns["customer_initiated_count_90d"] = sum(counts.values())
    given = {f"{name}_count_90d": count for name, count in counts.items() if name != "other"}
    return pd.DataFrame([{"customer_id": "C1", **columns, **given}])


@pytest.mark.parametrize(
    ("counts", "persona"),
    [
        ({"app": QUIET_BELOW - 1}, "rule_quiet"),
        ({"app": 2, "online": 3, "pos": 5}, "rule_digital"),
        ({"branch": 3, "atm": 2, "pos": 4}, "rule_counter"),
        ({"pos": 6, "app": 4}, "rule_card"),
        ({"pos": 4, "app": 4, "other": 6}, "rule_mixed"),
    ],
)
def test_rule_personas_by_main_habit(counts: dict[str, int], persona: str) -> None:
    row = score_by_rule(habits(**counts))
    assert row["persona_id"].tolist() == [persona]
    assert persona in {known[0] for known in RULE_PERSONAS}
    assert 0 <= row["score"].iloc[0] <= 1


def test_reason_codes_are_unique_and_have_words_in_both_languages() -> None:
    codes = reason_codes()
    assert len({code.reason_code for code in codes}) == len(codes)
    assert all(code.label_en and code.label_zh for code in codes)
    assert {code.slot for code in codes} == {CLUSTERS.name, CHURN.name}


def test_importing_the_package_loads_no_learning_library() -> None:
    heavy = "pandas", "sklearn", "mlflow", "skops"
    code = f"import models_ml, sys; sys.exit(any(m in sys.modules for m in {heavy}))"
    assert run([sys.executable, "-c", code], check=False).returncode == 0
