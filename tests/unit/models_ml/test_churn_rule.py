"""The churn rule: silence in usual gaps, mapped monotonically."""

import numpy as np
import pandas as pd
import pytest

from models_ml.churn.baseline import score_silence


def people(days: list[float], gaps: list[float], counts: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": [f"C{i}" for i in range(len(days))],
            "days_since_last_activity": days,
            "mean_gap_days_180d": gaps,
            "customer_initiated_count_180d": counts,
        }
    )


def test_a_silence_of_one_usual_gap_scores_a_half() -> None:
    assert score_silence(people([9], [9], [20]))["score"].tolist() == [0.5]


def test_score_grows_with_silence_and_stays_within_bounds() -> None:
    scores = score_silence(people([0, 1, 5, 29], [5] * 4, [30] * 4))["score"].tolist()
    assert scores == sorted(scores)
    assert scores[0] == 0.0
    assert scores[-1] == pytest.approx(29 / 34)


def test_same_silence_is_worse_for_the_usually_frequent() -> None:
    frequent, seldom = score_silence(people([12, 12], [2, 15], [80, 12]))["score"]
    assert frequent > seldom


def test_without_a_gap_the_window_is_the_measure() -> None:
    single = score_silence(people([10], [np.nan], [1]))["score"].iloc[0]
    assert single == pytest.approx(10 / 90 / (1 + 10 / 90))


def test_reasons_say_what_drove_the_score() -> None:
    reasons = score_silence(people([0, 3, 8, 20], [2, 5, 6, 2], [9] * 4))["reasons"].tolist()
    assert reasons == [
        "ACTIVE_TODAY",
        "SILENCE_WITHIN_GAP",
        "SILENCE_ABOVE_GAP",
        "SILENCE_LONG USUALLY_FREQUENT",
    ]
