"""The behaviour vector: 90 days of a customer as log rates, log shares and log money.

Money is lognormal with zeros, so `log(1 + amount / 1,000)` in major units: a zero lies near a small
amount instead of far from every amount. A share of a count is a log-odds with two counts added to
either side, a mean amount has four purchases of 100 mixed in: few transactions say little, so they
stay near the middle. Robust scaling (median and interquartile range) follows in the model itself,
because it is fitted.
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

from warehouse.errors import ModelError

Vector = NDArray[np.float64]
KNEE = 100_000.0  # minor units: 1,000 of the bank's currency
USUAL_PURCHASE = 10_000.0  # minor units: 100 of the bank's currency
ADDED_COUNTS = 2.0
ADDED_PURCHASES = 4.0


@dataclass(frozen=True)
class Dimension:
    """One number of the behaviour vector and the words for being high or low on it.

    The columns are added up; `of` names the counts that a share or a mean is taken of.
    """

    code: str
    column: tuple[str, ...]
    form: Literal["count", "share", "money", "mean_money"]
    of: tuple[str, ...]
    high_en: str
    low_en: str
    high_zh: str
    low_zh: str


def _read_dimensions() -> tuple[Dimension, ...]:
    text = files(__package__).joinpath("behaviour.yml").read_text(encoding="utf-8")
    return tuple(
        Dimension(**{**row, "column": tuple(row["column"]), "of": tuple(row.get("of", ()))})
        for row in yaml.safe_load(text)
    )


DIMENSIONS: tuple[Dimension, ...] = _read_dimensions()
CODES: tuple[str, ...] = tuple(d.code for d in DIMENSIONS)
COLUMNS: tuple[str, ...] = tuple(
    sorted({column for d in DIMENSIONS for column in (*d.column, *d.of)})
)


def behaviour_vector(features: pd.DataFrame, codes: Sequence[str] = CODES) -> Vector:
    """Turn feature rows into the behaviour vector.

    Args:
        features: one row a customer with the columns `COLUMNS`; counts ≥ 0, amounts in minor
            units with any sign (the size counts). What is missing counts as 0.
        codes: which dimensions, in which order; all by default.

    Returns:
        Array (rows, len(codes)); finite everywhere.
    """
    return np.column_stack([_form(features, dimension(code)) for code in codes])


def dimension(code: str) -> Dimension:
    """The dimension of a code.

    Raises:
        ModelError: this version of the vector has no such dimension.
    """
    found = next((one for one in DIMENSIONS if one.code == code), None)
    if found is None:
        raise ModelError(
            expected="one of " + ", ".join(CODES),
            found=code,
            where="behaviour vector",
            remedy="the model was trained on an older vector: train again",
        )
    return found


def informative_codes(features: pd.DataFrame) -> tuple[str, ...]:
    """Codes of the dimensions that vary: a bank without an app has no app habits."""
    varies = {column for column in COLUMNS if features[column].nunique(dropna=False) > 1}
    return tuple(found.code for found in DIMENSIONS if varies & set(found.column))


def _form(features: pd.DataFrame, form: Dimension) -> Vector:
    values, total = _sum(features, form.column), _sum(features, form.of)
    rest = np.maximum(total - values, 0.0)
    number: Vector = {
        "count": lambda: np.log1p(values),
        "money": lambda: np.log1p(values / KNEE),
        "share": lambda: np.log((values + ADDED_COUNTS) / (rest + ADDED_COUNTS)),
        "mean_money": lambda: np.log(
            (values / USUAL_PURCHASE + ADDED_PURCHASES) / (total + ADDED_PURCHASES)
        ),
    }[form.form]()
    return number


def _sum(features: pd.DataFrame, columns: Sequence[str]) -> Vector:
    total: Vector = np.zeros(len(features))
    for column in columns:
        values = features[column].to_numpy(dtype=np.float64, na_value=np.nan)
        total = total + np.abs(np.nan_to_num(values))
    return total
