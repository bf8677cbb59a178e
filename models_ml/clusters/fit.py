"""Choosing and fitting the mixture: candidates by BIC, accepted only when stable under resampling.

Pure: an array in, a fitted model and its figures out. Silhouette is reported, not used: alone it
picks too few groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score, silhouette_score  # type: ignore[import-untyped]
from sklearn.mixture import GaussianMixture  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class FitOptions:
    """How hard to look. Defaults fit 20,000 customers in about 15 s on one core."""

    group_counts: tuple[int, ...] = tuple(range(3, 13))
    covariances: tuple[str, ...] = ("full", "tied", "diag")
    starts: int = 10
    sample_rows: int = 4_000
    resamples: int = 4
    minimum_stability: float = 0.8
    regularisation: float = 0.01
    seed: int = 20240101


@dataclass(frozen=True)
class Candidate:
    """One choice of group count and covariance form; stability is None where it was not tried."""

    groups: int
    covariance: str
    bic: float
    stability: float | None = None


@dataclass(frozen=True)
class Fitted:
    """The mixture, how it was chosen, and its figures for the model card."""

    mixture: GaussianMixture
    chosen: Candidate
    candidates: tuple[Candidate, ...]
    silhouette: float


def fit_mixture(scaled: Matrix, options: FitOptions) -> Fitted:
    """Fit a Gaussian mixture to scaled behaviour vectors (rows, dimensions), on one thread.

    Group count and covariance form are taken in order of BIC on a fixed random sample; the first
    whose stability (mean adjusted Rand index between fits to halves, on all sampled rows) reaches
    `options.minimum_stability` is chosen, else the most stable of all. The chosen form is
    started `options.starts` times from KMeans on the sample, and the best start is run to
    convergence on all rows.
    """
    with threadpool_limits(limits=1):
        sample = _sample(scaled, options)
        ranked = rank_candidates(sample, options)
        tried = list(_with_stability(sample, ranked, options))
        chosen = next(
            (c for c in tried if (c.stability or 0.0) >= options.minimum_stability),
            max(tried, key=lambda c: c.stability or 0.0),
        )
        mixture = _fit_all(scaled, sample, chosen, options)
        silhouette = _silhouette(sample, mixture, options.seed)
    untried = [c for c in ranked if (c.groups, c.covariance) not in _forms(tried)]
    return Fitted(mixture, chosen, (*tried, *untried), silhouette)


def rank_candidates(sample: Matrix, options: FitOptions) -> list[Candidate]:
    """All candidates, best (lowest) BIC first."""
    found = [
        Candidate(groups, covariance, _start(sample, groups, covariance, 1, options).bic(sample))
        for covariance in options.covariances
        for groups in options.group_counts
        if groups * 10 <= len(sample)
    ]
    return sorted(found, key=lambda c: (c.bic, c.groups, c.covariance))


def stability(sample: Matrix, groups: int, covariance: str, options: FitOptions) -> float:
    """Mean adjusted Rand index between fits to random halves, labelled on the whole sample."""
    random = np.random.default_rng(options.seed)
    labels = []
    for _ in range(options.resamples):
        half = np.sort(random.choice(len(sample), len(sample) // 2, replace=False))
        labels.append(_start(sample[half], groups, covariance, 2, options).predict(sample))
    pairs = [(a, b) for i, a in enumerate(labels) for b in labels[i + 1 :]]
    return float(np.mean([adjusted_rand_score(a, b) for a, b in pairs]))


def _with_stability(
    sample: Matrix, ranked: list[Candidate], options: FitOptions
) -> Iterator[Candidate]:
    for candidate in ranked:
        found = stability(sample, candidate.groups, candidate.covariance, options)
        yield Candidate(candidate.groups, candidate.covariance, candidate.bic, found)
        if found >= options.minimum_stability:
            return


def _fit_all(
    scaled: Matrix, sample: Matrix, chosen: Candidate, options: FitOptions
) -> GaussianMixture:
    start = _start(sample, chosen.groups, chosen.covariance, options.starts, options)
    settled = GaussianMixture(
        n_components=chosen.groups,
        covariance_type=chosen.covariance,
        reg_covar=options.regularisation,
        means_init=start.means_,
        weights_init=start.weights_,
        precisions_init=start.precisions_,
        max_iter=300,
        random_state=options.seed,
    )
    return settled.fit(scaled)


def _start(
    rows: Matrix, groups: int, covariance: str, starts: int, options: FitOptions
) -> GaussianMixture:
    mixture = GaussianMixture(
        n_components=groups,
        covariance_type=covariance,
        n_init=starts,
        init_params="kmeans",
        reg_covar=options.regularisation,
        max_iter=200,
        random_state=options.seed,
    )
    return mixture.fit(rows)


def _sample(scaled: Matrix, options: FitOptions) -> Matrix:
    if len(scaled) <= options.sample_rows:
        return scaled
    random = np.random.default_rng(options.seed)
    return scaled[np.sort(random.choice(len(scaled), options.sample_rows, replace=False))]


def _silhouette(sample: Matrix, mixture: GaussianMixture, seed: int) -> float:
    labels = mixture.predict(sample)
    if len(np.unique(labels)) < 2:
        return 0.0
    size = min(2_000, len(sample))
    return float(silhouette_score(sample, labels, sample_size=size, random_state=seed))


def _forms(candidates: list[Candidate]) -> set[tuple[int, str]]:
    return {(candidate.groups, candidate.covariance) for candidate in candidates}


def figures(fitted: Fitted) -> dict[str, Any]:
    """Figures of a fit for the tracking server and the model card."""
    return {
        "groups": fitted.chosen.groups,
        "covariance": fitted.chosen.covariance,
        "bic": fitted.chosen.bic,
        "stability": fitted.chosen.stability,
        "silhouette": fitted.silhouette,
        "candidates": len(fitted.candidates),
    }
