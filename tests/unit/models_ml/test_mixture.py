"""Choosing the mixture: it finds what is there, twice the same, and refuses what is not stable."""

import numpy as np
import pytest

from models_ml.clusters.fit import FitOptions, fit_mixture, rank_candidates, stability

QUICK = FitOptions(group_counts=(2, 3, 4, 5), sample_rows=900, starts=3, resamples=3)


def three_groups(rows: int = 900) -> np.ndarray:
    random = np.random.default_rng(3)
    centres = np.array([[0.0, 0.0, 0.0], [6.0, 0.0, 0.0], [0.0, 6.0, 0.0]])
    return centres[np.arange(rows) % 3] + random.normal(size=(rows, 3))


def test_three_separate_groups_are_found_and_stable() -> None:
    fitted = fit_mixture(three_groups(), QUICK)
    assert fitted.chosen.groups == 3
    assert fitted.chosen.stability is not None
    assert fitted.chosen.stability > 0.95
    assert fitted.silhouette > 0.4


def test_the_same_rows_give_the_same_model() -> None:
    first, second = (fit_mixture(three_groups(), QUICK).mixture for _ in range(2))
    assert np.array_equal(first.means_, second.means_)
    assert np.array_equal(first.weights_, second.weights_)


def test_candidates_come_in_order_of_bic() -> None:
    scores = [candidate.bic for candidate in rank_candidates(three_groups(), QUICK)]
    assert scores == sorted(scores)
    assert len(scores) == 12


def test_groups_without_substance_are_not_stable() -> None:
    cloud = np.random.default_rng(5).normal(size=(900, 3))
    assert stability(cloud, 5, "full", QUICK) < 0.8
    assert stability(three_groups(), 3, "full", QUICK) > 0.95


def test_an_unstable_best_bic_gives_way_to_a_stable_candidate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def only_two_are_stable(sample: object, groups: int, form: str, options: object) -> float:
        return 0.9 if groups == 2 else 0.1

    monkeypatch.setattr("models_ml.clusters.fit.stability", only_two_are_stable)
    options = FitOptions(group_counts=(2, 3), covariances=("full",), sample_rows=900, starts=2)
    assert fit_mixture(three_groups(), options).chosen.groups == 2
