"""Latent behaviour: eight personas at the corners of a regular simplex.

A customer's latent vector has ten interpretable dimensions (log rates and shares). In units of the
within-persona deviation the persona means are the vertices of a regular simplex with edge
`SEPARATION`, rotated (orthogonal Procrustes) towards a table of readable profiles; so every two
personas are equally far apart, whatever the profiles say.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from simulator import randomness
from simulator.randomness import Floats, Ints

TRAITS = (
    "activity", "card", "cash", "app", "branch", "wealth", "invest", "ticket", "online", "leisure",
)  # fmt: skip
TRAIT_INDEX = {trait: index for index, trait in enumerate(TRAITS)}

CENTRES = np.array([-0.38, 0.9, -0.5, -1.65, -4.6, 10.4, -0.8, 4.45, 0.2, 0.0])
WITHIN_DEVIATIONS = np.array([0.42, 0.55, 0.5, 0.5, 0.45, 0.75, 0.7, 0.38, 0.6, 0.55])
SEPARATION = 4.6
"""Mahalanobis distance between two personas, solved for the Bayes-optimal ARI (difficulty card)."""


@dataclass(frozen=True)
class Persona:
    """A persona: its share of the population and the profile that it leans to."""

    name: str
    label_zh: str
    weight: float
    mean_age: float
    profile: tuple[float, ...]


PERSONAS = (
    Persona("digital_spender", "数字消费", 0.20, 31, (1, 1, -1, 1.5, -1, 0, 0, 0, 1.5, 1)),
    Persona("salary_saver", "工薪储蓄", 0.19, 40, (0, 0.5, 0, 0, 0, 0, -1, 0, 0, -1)),
    Persona("branch_senior", "网点银发", 0.16, 63, (-1, -1, 1.5, -1.5, 1.5, 0.5, -0.5, 0, -1, -1)),
    Persona("quiet_holder", "静默持有", 0.14, 47, (-1.5, 0, 0, -1, -1, 0.5, 0, 0.5, 0, 0)),
    Persona("affluent_investor", "财富投资", 0.12, 50, (0, 0, -1, 0.5, 0.5, 1.5, 1.5, 1, 0, 0.5)),
    Persona("young_starter", "年轻起步", 0.10, 24, (0.5, 0.5, 0, 1, -0.5, -1.5, 0.5, -1, 0.5, 1)),
    Persona("small_business", "小微经营", 0.065, 43, (1, -1.5, 0.5, 0, 1, 0.5, -1, 1.5, -0.5, 0)),
    Persona("cash_county", "县域现金", 0.025, 46, (0, -1, 1.5, 0, 0.5, -1, 0, -1, -1.5, 0.5)),
)
WEIGHTS = np.array([persona.weight for persona in PERSONAS])


@cache
def standard_means() -> Floats:
    """Return the persona means, personas × traits, in units of the within-persona deviation."""
    count = len(PERSONAS)
    vertices = np.eye(count) - 1.0 / count
    padded = np.zeros((count, len(TRAITS)))
    padded[:, :count] = vertices * (SEPARATION / np.sqrt(2.0))
    profiles = np.array([persona.profile for persona in PERSONAS], dtype=np.float64)
    left, _, right = np.linalg.svd(padded.T @ (profiles - profiles.mean(axis=0)))
    means = padded @ (left @ right)
    return np.asarray(means - WEIGHTS @ means)


def draw_personas(keys: NDArray[np.uint64]) -> Ints:
    """Return a persona number per key."""
    return randomness.choose(np.cumsum(WEIGHTS), randomness.uniform(keys, 1))


def draw_standard_latents(keys: NDArray[np.uint64], persona: Ints) -> Floats:
    """Return latent vectors, agents × traits, in units of the within-persona deviation."""
    noise = np.column_stack([randomness.normal(keys, 2 + j) for j in range(len(TRAITS))])
    return standard_means()[persona] + noise


def natural_latents(standard: Floats) -> Floats:
    """Return latent vectors as log rates, log odds and log amounts."""
    return CENTRES + WITHIN_DEVIATIONS * standard


def posterior(standard: Floats) -> Floats:
    """Return the generating mixture's posterior, agents × personas, given the latent vector."""
    means = standard_means()
    log_density = standard @ means.T - 0.5 * (means**2).sum(axis=1) + np.log(WEIGHTS)
    log_density -= log_density.max(axis=1, keepdims=True)
    density = np.exp(log_density)
    return np.asarray(density / density.sum(axis=1, keepdims=True))


@cache
def trait_deviations() -> Floats:
    """Return the population deviation of each trait in within-persona units."""
    between = WEIGHTS @ standard_means() ** 2
    return np.asarray(np.sqrt(1.0 + between))
