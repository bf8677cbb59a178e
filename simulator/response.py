"""What a contact does to a customer: the true effect by customer, product and channel.

The effect of one contact is an absolute change of the 30-day opening probability,
strength(channel) × rate(product) × (mean + deviation · r), with r a standard normal blend of a
general responsiveness, a channel preference and a product affinity; it is spread over the 30 days
after the contact by a decaying kernel. Repeated contacts of one unit add less and less.
"""

import numpy as np

from simulator import catalogue, personas
from simulator.randomness import Floats, Ints, Keys, normal

EFFECT_MEAN = 0.32
EFFECT_DEVIATION = 0.46
LOWEST_EFFECT = -0.0073
HIGHEST_EFFECT = 0.0220
REPEAT_WEIGHTS = (1.0, 0.25, 0.1)
"""Weight of the first, second and third contact of one unit; later ones have no effect."""
EFFECT_DAYS = 30
KERNEL = 0.87 ** np.arange(EFFECT_DAYS)
KERNEL = KERNEL / KERNEL.sum()
TIRED_FACTOR = 0.8
"""Factor on the effect for each contact of the last 30 days beyond the second."""
OPT_OUT_BASE = 0.0012
OPT_OUT_GROWTH = 0.55
"""Log growth of the opt-out probability with each further contact in 30 days."""
COMPLAINT_BASE = 0.0004
ACQUISITION_RATE = 0.03
"""Rate on which the effect of offering a first account to a prospect is scaled."""
_TRAIT_WEIGHTS = {"app": 0.5, "leisure": 0.5, "branch": 0.4, "wealth": -0.4, "activity": 0.3}
_PRIVATE_SHARE = 0.25


def responsiveness(keys: Keys, standard: Floats, age: Floats) -> Floats:
    """Return the general responsiveness of each agent, about standard normal."""
    scaled = standard / personas.trait_deviations()
    score = -0.4 * (age - 42.0) / 15.0
    for trait, weight in _TRAIT_WEIGHTS.items():
        score = score + weight * scaled[:, personas.TRAIT_INDEX[trait]]
    score /= np.sqrt(0.16 + sum(weight**2 for weight in _TRAIT_WEIGHTS.values()))
    blend = np.sqrt(1 - _PRIVATE_SHARE) * score + np.sqrt(_PRIVATE_SHARE) * normal(keys, 40)
    return np.asarray(blend)


def channel_preferences(keys: Keys, standard: Floats) -> Floats:
    """Return channel preferences, agents × channels: digital people like digital channels."""
    app = standard[:, personas.TRAIT_INDEX["app"]] / personas.trait_deviations()[3]
    lean = np.where(catalogue.HUMAN, -1.0, 1.0)
    noise = np.column_stack([normal(keys, 50 + j) for j in range(len(catalogue.CHANNELS))])
    return np.asarray(0.6 * app[:, None] * lean + 0.8 * noise)


def affinities(keys: Keys) -> Floats:
    """Return private product affinities, agents × products."""
    return np.column_stack([normal(keys, 70 + j) for j in range(len(catalogue.PRODUCTS))])


def effects(
    responsive: Floats, preference: Floats, affinity: Floats, product: Ints, channel: Ints
) -> Floats:
    """Return the effect of one contact, as a change of the 30-day opening probability."""
    blend = 0.75 * responsive + 0.5 * preference + 0.43 * affinity
    rate = np.where(product == catalogue.DEMAND, ACQUISITION_RATE, catalogue.MONTHLY_RATE[product])
    rate = rate * catalogue.STRENGTH[channel]
    effect = rate * (EFFECT_MEAN + EFFECT_DEVIATION * blend)
    return np.asarray(np.clip(effect, LOWEST_EFFECT, HIGHEST_EFFECT))


def opt_out_probability(recent: Ints) -> Floats:
    """Return the probability that a contact ends in an opt-out, given contacts in 30 days."""
    grown = OPT_OUT_BASE * np.exp(OPT_OUT_GROWTH * np.maximum(recent - 1, 0))
    return np.minimum(grown, 0.25)
