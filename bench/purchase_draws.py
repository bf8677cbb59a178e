"""Customers drawn from the models of `lifetime_value`: their true parameters are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models_ml.lifetime_value.bg_nbd import BgNbd
from models_ml.lifetime_value.gamma_gamma import GammaGamma
from models_ml.lifetime_value.histories import Histories

Floats = NDArray[np.float64]
_LOWEST_RATE = 1e-300  # slower customers do not buy again


def draw_histories(model: BgNbd, age: Floats, random: np.random.Generator) -> Histories:
    """One history a customer of each age, from BG/NBD as a process in time."""
    rate = random.gamma(model.r, 1.0 / model.alpha, len(age))
    leaving = random.beta(model.a, model.b, len(age))
    frequency, recency = np.zeros(len(age)), np.zeros(len(age))
    active = np.flatnonzero(rate > _LOWEST_RATE)
    while active.size:
        at = recency[active] + random.exponential(1.0 / rate[active])
        active, at = active[at <= age[active]], at[at <= age[active]]
        frequency[active] += 1.0
        recency[active] = at
        active = active[random.random(active.size) >= leaving[active]]
    return Histories.checked(frequency, recency, age)


def draw_mean_values(model: GammaGamma, frequency: Floats, random: np.random.Generator) -> Floats:
    """Mean value of the repeat purchases of each customer, from gamma-gamma; 0 without any."""
    scale = random.gamma(model.q, 1.0 / model.v, len(frequency))
    buys = frequency > 0
    total = random.gamma(np.where(buys, model.p * frequency, 1.0), 1.0 / scale)
    return np.where(buys, total / np.maximum(frequency, 1.0), 0.0)
