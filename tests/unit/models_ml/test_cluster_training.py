"""From features to named personas: ids go on, an older vector is no previous model."""

import numpy as np
import pandas as pd
import pytest

from models_ml.clusters.behaviour import COLUMNS
from models_ml.clusters.fit import FitOptions
from models_ml.clusters.model import score_personas
from models_ml.clusters.training import train_bundle
from warehouse.errors import ModelError

QUICK = FitOptions(group_counts=(2, 3), covariances=("full", "tied"), starts=2, resamples=2)


def two_habits(count: int = 300) -> pd.DataFrame:
    random = np.random.default_rng(11)
    digital = np.arange(count) % 2 == 0
    rows = pd.DataFrame({column: random.poisson(3.0, count) for column in COLUMNS})
    rows["app_session_count_90d"] = random.poisson(np.where(digital, 60, 2))
    rows["customer_initiated_count_90d"] = random.poisson(np.where(digital, 80, 20))
    rows["pos_count_90d"] = random.poisson(np.where(digital, 50, 2))
    rows["aum_month_average_amount"] = random.lognormal(14, 1, count)
    return rows.assign(customer_id=[f"C{n:04d}" for n in range(count)])


def test_the_two_habits_get_personas_of_their_own() -> None:
    rows = two_habits()
    persona = score_personas(rows, train_bundle(rows, options=QUICK).bundle)["persona_id"]
    assert not set(persona[::2]) & set(persona[1::2])


def test_training_on_a_shuffled_half_keeps_the_ids() -> None:
    rows = two_habits()
    first = train_bundle(rows, options=QUICK)
    half = rows.sample(200, random_state=2).sort_values("customer_id").reset_index(drop=True)
    second = train_bundle(half, first.bundle, options=QUICK)
    assert second.figures["migration_share"] < 0.05
    assert second.migration is not None


def test_a_model_of_an_older_vector_is_not_continued() -> None:
    rows = two_habits()
    first = train_bundle(rows, options=QUICK)
    old = {**first.bundle, "codes": ["A_TRAIT_OF_OLD"]}
    again = train_bundle(rows, old, used_ids=tuple(first.bundle["persona_ids"]), options=QUICK)
    assert again.migration is None
    assert not set(again.bundle["persona_ids"]) & set(first.bundle["persona_ids"])


def test_scores_are_probabilities_and_reasons_agree_with_the_persona() -> None:
    rows = two_habits()
    trained = train_bundle(rows, options=QUICK)
    scored = score_personas(rows, trained.bundle)
    assert scored["score"].between(0.0, 1.0).all()
    assert (scored["distance"] >= 0).all()
    assert scored["reasons"].str.split().str.len().max() <= 3
    assert sum(persona.share for persona in trained.personas) == pytest.approx(1.0)


@pytest.mark.parametrize("form", ["full", "tied", "diag"])
def test_distance_is_mahalanobis_for_every_covariance(form: str) -> None:
    rows = two_habits()
    options = FitOptions(group_counts=(2,), covariances=(form,), starts=2, resamples=2)
    bundle = train_bundle(rows, options=options).bundle
    mixture = bundle["pipeline"][-1]
    from models_ml.clusters.model import scale

    scaled = scale(rows, bundle)
    covariance = {
        "full": lambda group: mixture.covariances_[group],
        "tied": lambda group: mixture.covariances_,
        "diag": lambda group: np.diag(mixture.covariances_[group]),
    }[form]
    group = mixture.predict(scaled)[0]
    offset = scaled[0] - mixture.means_[group]
    wanted = np.sqrt(offset @ np.linalg.inv(covariance(group)) @ offset)
    assert score_personas(rows, bundle)["distance"].iloc[0] == pytest.approx(wanted)


def test_too_few_customers_are_refused() -> None:
    with pytest.raises(ModelError, match="at least 200"):
        train_bundle(two_habits(150), options=QUICK)
