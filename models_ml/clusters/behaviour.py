"""The behaviour vector: 90 days of a customer as log rates, log shares and log money.

Money is lognormal with zeros, so `log(1 + amount / 1,000)` in major units: a zero lies near a small
amount instead of far from every amount, which would make spikes of their own. A channel's use is a
share of a count, so a smoothed log-odds, finite at 0 and at 1. Robust scaling (median and
interquartile range) follows in the model itself, because it is fitted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

Vector = NDArray[np.float64]
KNEE = 100_000.0  # minor units: 1,000 of the bank's currency
HALF_A_COUNT = 0.5
SHARE_MARGIN = 0.05


@dataclass(frozen=True)
class Dimension:
    """One number of the behaviour vector and the words for being high or low on it.

    `of` names the count that a share or a mean amount is taken of.
    """

    code: str
    column: str
    form: Literal["count", "share", "money", "mean_money", "complement"]
    of: tuple[str, ...]
    high_en: str
    low_en: str
    high_zh: str
    low_zh: str


def _read_dimensions() -> tuple[Dimension, ...]:
    text = files(__package__).joinpath("behaviour.yml").read_text(encoding="utf-8")
    return tuple(
        Dimension(**{**row, "of": tuple(row.get("of", ()))}) for row in yaml.safe_load(text)
    )


DIMENSIONS: tuple[Dimension, ...] = _read_dimensions()
CODES: tuple[str, ...] = tuple(d.code for d in DIMENSIONS)
COLUMNS: tuple[str, ...] = tuple(
    sorted({column for d in DIMENSIONS for column in (d.column, *d.of)})
)


def behaviour_vector(features: pd.DataFrame, codes: Sequence[str] = CODES) -> Vector:
    """Turn feature rows into the behaviour vector.

    Args:
        features: one row a customer with the columns `COLUMNS`; counts ≥ 0, amounts in minor
            units with any sign (the size counts), shares 0–1. A missing count or amount counts
            as 0, a missing share as 1: nothing held counts as nothing invested.
        codes: which dimensions, in which order; all by default.

    Returns:
        Array (rows, len(codes)); finite everywhere.
    """
    return np.column_stack([_form(features, dimension(code)) for code in codes])


def dimension(code: str) -> Dimension:
    """The dimension of a code."""
    return next(found for found in DIMENSIONS if found.code == code)


def informative_codes(features: pd.DataFrame) -> tuple[str, ...]:
    """Codes of the dimensions whose column varies: a bank without an app has no app habits."""
    varies = {column: features[column].nunique(dropna=False) > 1 for column in COLUMNS}
    return tuple(found.code for found in DIMENSIONS if varies[found.column])


def _form(features: pd.DataFrame, form: Dimension) -> Vector:
    missing = 1.0 if form.form == "complement" else 0.0
    values = _numbers(features, form.column, missing)
    total = np.sum(
        [_numbers(features, column, 0.0) for column in form.of], axis=0, dtype=np.float64
    )
    rest = np.maximum(total - values, 0.0)
    number: Vector = {
        "count": lambda: np.log1p(values),
        "money": lambda: np.log1p(values / KNEE),
        "mean_money": lambda: np.log((values + KNEE) / (total + 1.0) / KNEE),
        "complement": lambda: np.log((1.0 - values + SHARE_MARGIN) / (values + SHARE_MARGIN)),
        "share": lambda: np.log((values + HALF_A_COUNT) / (rest + HALF_A_COUNT)),
    }[form.form]()
    return number


def _numbers(features: pd.DataFrame, column: str, missing: float) -> Vector:
    values = features[column].to_numpy(dtype=np.float64, na_value=np.nan)
    size: Vector = np.abs(np.nan_to_num(values, nan=missing))
    return size
