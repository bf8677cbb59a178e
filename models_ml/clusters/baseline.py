"""Rule personas for a bank without a trained model: one habit decides, in a fixed order. Pure."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models_ml.rule_personas import RULE_PERSONAS
from models_ml.slots import NO_ITEM

QUIET_BELOW = 3
MAIN_HABIT_SHARE = 0.5


def score_by_rule(features: pd.DataFrame) -> pd.DataFrame:
    """Label customers by their main habit in 90 days.

    quiet: fewer than 3 customer-initiated transactions; digital: at least half of them in the app
    or online; counter and cash: at least half at the counter or a machine; card payer: at least
    half in shops; else mixed. The first that holds decides. The score is the share of the habit
    (1 for quiet, the largest share for mixed); there is no distance.

    Returns:
        customer_id, item_id, score (0–1), persona_id, distance (null), reasons.
    """
    count = _count(features, "customer_initiated_count_90d")
    habits = {
        "rule_digital": _count(features, "app_count_90d") + _count(features, "online_count_90d"),
        "rule_counter": _count(features, "branch_count_90d") + _count(features, "atm_count_90d"),
        "rule_card": _count(features, "pos_count_90d"),
    }
    shares = {name: np.minimum(found / np.maximum(count, 1), 1.0) for name, found in habits.items()}
    conditions = [count < QUIET_BELOW, *(share >= MAIN_HABIT_SHARE for share in shares.values())]
    names = ["rule_quiet", *shares]
    persona = np.select(conditions, names, default="rule_mixed")
    largest = np.max(list(shares.values()), axis=0)
    score = np.select(conditions, [np.ones(len(count)), *shares.values()], default=largest)
    reasons = {name: top for name, _, _, top in RULE_PERSONAS}
    return pd.DataFrame(
        {
            "customer_id": features["customer_id"].to_numpy(),
            "item_id": NO_ITEM,
            "score": score,
            "persona_id": persona,
            "distance": np.full(len(features), np.nan),
            "reasons": [reasons[name] for name in persona],
        }
    )


def _count(features: pd.DataFrame, column: str) -> NDArray[np.float64]:
    return features[column].to_numpy(dtype=np.float64, na_value=0.0)
