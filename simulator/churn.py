"""Leaving the bank: a hidden state per customer with a known probability of the churn label.

A customer is active, fading (fewer transactions), silent (none) or closed. From the state on D the
probability of the label "closes the last account, or makes no customer-initiated transaction in
(D, D+90]" follows by a forward recursion, without simulation.
"""

import numpy as np

from simulator import personas
from simulator.randomness import Bools, Floats, Ints, Keys, normal

ACTIVE, FADING, SILENT, CLOSED, DECEASED = range(5)

FADE_DAILY = 0.0011
"""Median daily probability of an active customer of beginning to fade."""
FADE_DEVIATION = 1.0
SUDDEN_SHARE = 0.90
"""Probability, relative to fading, of leaving at once without a sign."""
LEAVE_DAILY = 0.012
RECOVER_DAILY = 0.010
RETURN_DAILY = 0.006
CLOSING_SHARE = 0.20
"""Share of leavers who close their accounts; the others fall silent."""
DRAIN_SHARE = 0.5
"""Share of the silent leavers whose last act is a transfer of their money to another bank."""
FADING_ACTIVITY = 0.40
DISSATISFIED_FACTOR = 3.0
DISSATISFIED_DAYS = 60
LABEL_DAYS = 90
DECEASED_DAILY = 0.00001
STATIONARY = (0.815, 0.05, 0.135)
"""Shares of active, fading and silent customers at the beginning."""
_WEIGHTS = {"app": -0.5, "wealth": -0.4, "activity": -0.55, "cash": 0.3, "ticket": 0.2}
_PRIVATE_SHARE = 0.35


def fade_hazards(keys: Keys, standard: Floats) -> Floats:
    """Return each customer's daily probability of beginning to fade."""
    scaled = standard / personas.trait_deviations()
    score = np.zeros(len(keys))
    for trait, weight in _WEIGHTS.items():
        score += weight * scaled[:, personas.TRAIT_INDEX[trait]]
    score /= np.sqrt(sum(weight**2 for weight in _WEIGHTS.values()))
    blended = np.sqrt(1 - _PRIVATE_SHARE) * score + np.sqrt(_PRIVATE_SHARE) * normal(keys, 30)
    return np.asarray(np.minimum(FADE_DAILY * np.exp(FADE_DEVIATION * blended), 0.05))


def activity_multiplier(mood: Ints) -> Floats:
    """Return the factor of a hidden state on the transaction rate."""
    return np.array([1.0, FADING_ACTIVITY, 0.0, 0.0, 0.0])[mood]


def next_mood(mood: Ints, hazard: Floats, dissatisfied: Bools, uniforms: Floats) -> Ints:
    """Return tomorrow's hidden state; the caller decides who of the leavers closes."""
    fade = hazard * np.where(dissatisfied, DISSATISFIED_FACTOR, 1.0)
    sudden = fade * SUDDEN_SHARE
    moved = mood.copy()
    active, fading, silent = mood == ACTIVE, mood == FADING, mood == SILENT
    moved[active & (uniforms < fade)] = FADING
    moved[active & (uniforms >= fade) & (uniforms < fade + sudden)] = SILENT
    moved[fading & (uniforms < RECOVER_DAILY)] = ACTIVE
    leaves = (uniforms >= RECOVER_DAILY) & (uniforms < RECOVER_DAILY + LEAVE_DAILY)
    moved[fading & leaves] = SILENT
    moved[silent & (uniforms < RETURN_DAILY)] = ACTIVE
    return moved


def label_probability(
    mood: Ints, rate: Floats, hazard: Floats, dissatisfied_days: Ints, calendar: Floats
) -> Floats:
    """Return the true probability of the churn label given the hidden state on D.

    `rate` is the customer's daily customer-initiated rate while active, `calendar` the activity
    factor of each of the LABEL_DAYS days after D, `dissatisfied_days` how long anger still lasts.
    The states' masses are carried forward twice: all that has not closed (`alive`), and the part
    of it without any transaction so far (`quiet`). A transition takes effect on its own day.
    """
    alive = np.zeros((len(mood), 3))
    alive[np.arange(len(mood)), np.minimum(mood, SILENT)] = (mood <= SILENT).astype(float)
    quiet = alive.copy()
    closed = np.zeros(len(mood))
    for step in range(LABEL_DAYS):
        fade = hazard * np.where(dissatisfied_days > step, DISSATISFIED_FACTOR, 1.0)
        closed += CLOSING_SHARE * (alive[:, 0] * fade * SUDDEN_SHARE + alive[:, 1] * LEAVE_DAILY)
        alive, quiet = _forward(alive, fade, 0.0), _forward(quiet, fade, DRAIN_SHARE)
        silent_today = np.exp(-rate * calendar[step])
        quiet[:, 0] *= silent_today
        quiet[:, 1] *= silent_today**FADING_ACTIVITY
    return np.asarray(closed + quiet.sum(axis=1))


def carry_forward(mass: Floats, fade: Floats) -> Floats:
    """Return tomorrow's masses of active, fading and silent, given today's (agents × 3)."""
    return _forward(mass, fade, 0.0)


def _forward(mass: Floats, fade: Floats, drained: float) -> Floats:
    active, fading, silent = mass.T
    leaving = active * fade * SUDDEN_SHARE + fading * LEAVE_DAILY
    moved = np.empty_like(mass)
    moved[:, 0] = (
        active * (1 - fade * (1 + SUDDEN_SHARE)) + fading * RECOVER_DAILY + silent * RETURN_DAILY
    )
    moved[:, 1] = fading * (1 - RECOVER_DAILY - LEAVE_DAILY) + active * fade
    moved[:, 2] = silent * (1 - RETURN_DAILY) + leaving * (1 - CLOSING_SHARE) * (1 - drained)
    return moved
