"""The last step of scoring: check, round, rank, deciles, reasons where they are kept. Pure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models_ml.slots import Slot
from warehouse.errors import ModelError

DECIMALS = 6
TOP_DECILE = 10


def finish(scored: pd.DataFrame, slot: Slot) -> pd.DataFrame:
    """Complete the rows that a baseline or a model returned.

    Args:
        scored: customer_id, item_id, score, reasons and the slot's extra columns.

    Returns:
        The same rows with scores rounded to 6 decimals, `rank` (1 = highest score within the item,
        ties by customer_id), `decile` (10 = highest scores; null where the slot has none) and
        reasons only for what the slot keeps them.

    Raises:
        ModelError: a score is missing or outside the slot's range, or a customer comes twice.
    """
    _check(scored, slot)
    rounded = {
        name: scored[name].astype("float64").round(DECIMALS)
        for name in ("score", *_numeric_extras(slot))
    }
    rows = scored.assign(**rounded).sort_values(
        ["item_id", "score", "customer_id"], ascending=[True, False, True], kind="stable"
    )
    rank = rows.groupby("item_id").cumcount() + 1
    size = rows.groupby("item_id")["score"].transform("size")
    decile = TOP_DECILE - ((rank - 1) * 10) // size
    kept = decile.astype("Int32") if slot.has_deciles else pd.Series(pd.NA, rows.index, "Int32")
    rows = rows.assign(rank=rank, decile=kept)
    if slot.reasons_for == "top_decile":
        rows["reasons"] = rows["reasons"].where(decile == TOP_DECILE)
    return rows.sort_values(["customer_id", "item_id"], kind="stable").reset_index(drop=True)


def _check(scored: pd.DataFrame, slot: Slot) -> None:
    score = scored["score"].to_numpy(dtype=np.float64)
    low, high = slot.score_range
    outside = int(np.sum(~((score >= low) & (score <= high))))
    twice = int(scored.duplicated(["customer_id", "item_id"]).sum())
    if outside or twice:
        raise ModelError(
            expected=f"one score within {low}–{high} per customer and item",
            found=f"{outside} outside or missing, {twice} twice",
            where=f"slot {slot.name}",
            remedy="look into the function that scores this slot",
        )


def _numeric_extras(slot: Slot) -> list[str]:
    return [name for name, kind in slot.extra_columns if kind.startswith("numeric")]
