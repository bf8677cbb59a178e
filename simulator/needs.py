"""Product needs: how likely each customer is to open each product by itself.

The daily opening probability is rate × exp(tau · u): u is a standardised need score, a weighted sum
of the latent traits and age plus a private part, so that a log-normal probability results. For a
log-normal intensity with deviation tau the AUC of the true probability is Phi(tau / sqrt 2).
"""

from functools import cache

import numpy as np

from simulator import catalogue, personas, randomness
from simulator.randomness import Floats, Ints, Keys

NEED_DEVIATION = 1.13
"""Deviation of the log opening rate, solved for an oracle AUC of 0.81 (difficulty card)."""
PRIVATE_SHARE = 0.20
"""Share of the need's variance that no observable trait explains."""
WINDOW_DAYS = 30
LIFE_EVENTS = ("none", "marriage", "child", "job_change", "home", "retirement", "windfall")
LIFE_EVENT_DAYS = 45
LIFE_EVENT_DAILY = 0.0006
LIFE_EVENT_FACTOR = 4.0
EVENT_PRODUCTS = {
    "marriage": ("MORTGAGE-30Y", "INS-PROTECT", "CARD-GOLD"),
    "child": ("EDU-SAVE", "INS-PROTECT", "DEPOSIT-3Y"),
    "job_change": ("PAYROLL-PLAN", "CARD-CLASSIC", "EPAY-WALLET"),
    "home": ("MORTGAGE-30Y", "LOAN-CONSUMER", "INSTALMENT-12M"),
    "retirement": ("DEPOSIT-1Y", "DEPOSIT-3Y", "INS-LINKED"),
    "windfall": ("DEPOSIT-1Y", "WEALTH-R2-90D", "FUND-EQUITY"),
}
_REFERENCE_AGENTS = 20_000


def _weights() -> Floats:
    names = [*personas.TRAITS, "age"]
    matrix = np.zeros((len(catalogue.PRODUCTS), len(names)))
    for row, product in enumerate(catalogue.PRODUCTS):
        for pair in product.needs.split():
            trait, weight = pair.split(":")
            matrix[row, names.index(trait)] = float(weight)
    return matrix


def _systematic(standard: Floats, age: Floats) -> Floats:
    scaled = np.column_stack([standard / personas.trait_deviations(), (age - 42.0) / 15.0])
    return np.asarray(scaled @ _weights().T)


@cache
def _reference() -> tuple[Floats, Floats, Floats]:
    """Return mean and deviation of the systematic need, and the level of the daily rate."""
    keys = randomness.keys(0, "needs-reference", 0, np.arange(_REFERENCE_AGENTS))
    persona = personas.draw_personas(keys)
    standard = personas.draw_standard_latents(keys, persona)
    score = _systematic(standard, draw_ages(keys, persona))
    mean, deviation = score.mean(axis=0), np.maximum(score.std(axis=0), 1e-9)
    log_rate = NEED_DEVIATION * _blend((score - mean) / deviation, keys)
    level = catalogue.MONTHLY_RATE / WINDOW_DAYS / np.exp(log_rate).mean(axis=0)
    return mean, deviation, level


def draw_ages(keys: Keys, persona: Ints) -> Floats:
    """Return ages in years; 1.5 % are minors."""
    means = np.array([p.mean_age for p in personas.PERSONAS], dtype=np.float64)
    age = np.clip(means[persona] + 9.0 * randomness.normal(keys, 20), 18.2, 93.0)
    is_minor = randomness.uniform(keys, 21) < 0.015
    return np.where(is_minor, 8.0 + 9.5 * randomness.uniform(keys, 22), age)


def _blend(systematic: Floats, keys: Keys) -> Floats:
    blended = np.sqrt(1.0 - PRIVATE_SHARE) * systematic
    for product in range(systematic.shape[1]):
        blended[:, product] += np.sqrt(PRIVATE_SHARE) * randomness.normal(keys, 100 + product)
    return np.asarray(blended)


def need_scores(keys: Keys, standard: Floats, age: Floats) -> Floats:
    """Return standardised needs, agents × products."""
    mean, deviation, _ = _reference()
    return _blend((_systematic(standard, age) - mean) / deviation, keys)


def daily_hazards(scores: Floats) -> Floats:
    """Return daily opening probabilities without events, contacts or season, agents × products."""
    _, _, level = _reference()
    hazards = level * np.exp(NEED_DEVIATION * scores)
    return np.asarray(np.minimum(hazards, 0.05))


@cache
def event_factors() -> Floats:
    """Return the factor on hazards, life events × products."""
    factors = np.ones((len(LIFE_EVENTS), len(catalogue.PRODUCTS)))
    for event, products in EVENT_PRODUCTS.items():
        for product in products:
            factors[LIFE_EVENTS.index(event), catalogue.PRODUCT_INDEX[product]] = LIFE_EVENT_FACTOR
    return factors


def eligible(age: Floats, is_student: randomness.Bools) -> randomness.Bools:
    """Return who may open what by law, agents × products: credit and investment need adults."""
    adult = age >= 18
    allowed = np.ones((len(age), len(catalogue.PRODUCTS)), dtype=bool)
    allowed[:, catalogue.IS_CREDIT] = (adult & ~is_student)[:, None]
    allowed[:, catalogue.INVESTMENT_RISK > 0] = adult[:, None]
    return allowed
