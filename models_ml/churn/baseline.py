"""Rule baseline of churn: a customer's silence measured in its own usual gaps. Pure."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models_ml.slots import NO_ITEM

Vector = NDArray[np.float64]
WINDOW_DAYS = 180.0
SHORTEST_GAP_DAYS = 1.0
FREQUENT_GAP_DAYS = 3.0
LONG_SILENCE = 2.0


def score_silence(features: pd.DataFrame) -> pd.DataFrame:
    """Score = r / (1 + r), r = days since the last customer-initiated transaction ÷ mean gap.

    The mean gap is that of 180 days, at least one day; a customer with a single transaction has
    none, and gets 180 ÷ (count + 1). A silence of one usual gap scores 0.5. The map is monotone, so
    ranks are those of the ratio. It is not a probability and is not calibrated.

    Returns:
        customer_id, item_id (`-`), score (0–1), reasons.
    """
    ratio = silence_ratio(features)
    gap = _usual_gap(features)
    codes = np.select(
        [ratio >= LONG_SILENCE, ratio > 1.0, ratio > 0.0],
        ["SILENCE_LONG", "SILENCE_ABOVE_GAP", "SILENCE_WITHIN_GAP"],
        default="ACTIVE_TODAY",
    )
    frequent = (gap <= FREQUENT_GAP_DAYS) & (ratio > 1.0)
    return pd.DataFrame(
        {
            "customer_id": features["customer_id"].to_numpy(),
            "item_id": NO_ITEM,
            "score": ratio / (1.0 + ratio),
            "reasons": [
                f"{code} USUALLY_FREQUENT" if usually else str(code)
                for code, usually in zip(codes, frequent, strict=True)
            ],
        }
    )


def silence_ratio(features: pd.DataFrame) -> Vector:
    """Days since the last customer-initiated transaction in usual gaps (≥ 0)."""
    days = features["days_since_last_activity"].to_numpy(dtype=np.float64, na_value=np.nan)
    ratio: Vector = np.nan_to_num(days, nan=WINDOW_DAYS) / _usual_gap(features)
    return ratio


def _usual_gap(features: pd.DataFrame) -> Vector:
    gap = features["mean_gap_days_180d"].to_numpy(dtype=np.float64, na_value=np.nan)
    count = features["customer_initiated_count_180d"].to_numpy(dtype=np.float64, na_value=0.0)
    return np.maximum(np.where(np.isnan(gap), WINDOW_DAYS / (count + 1.0), gap), SHORTEST_GAP_DAYS)
