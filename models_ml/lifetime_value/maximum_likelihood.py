"""Maximum likelihood of positive parameters: Newton steps in a trust region on their logarithms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from warehouse.errors import ModelError

Floats = NDArray[np.float64]
Likelihood = Callable[[Floats], tuple[float, Floats, Floats]]

_GRADIENT_TOLERANCE = 1e-9  # of the mean log-likelihood, by logarithms of the parameters
_ROUNDING = 1e-7  # what such a gradient may still be where the last digits no longer improve it
_MOST_STEPS = 500
_SMALLEST, _LARGEST = 1e-4, 1e4  # of a parameter in its natural scale; beyond lies the boundary
_GIVING_UP = 1e12


@dataclass(frozen=True)
class Estimate:
    """A maximum: k parameters, log-likelihood there, covariance (k, k) of the parameters.

    The covariance is the inverse of the observed information (minus the matrix of second
    derivatives at the maximum).
    """

    values: Floats
    log_likelihood: float
    covariance: Floats

    @property
    def standard_errors(self) -> Floats:
        """Square roots of the covariance's diagonal (k)."""
        errors: Floats = np.sqrt(np.diag(self.covariance))
        return errors


def maximise(likelihood: Likelihood, observations: float, names: str, reasons: str) -> Estimate:
    """Maximise a log-likelihood over positive parameters of natural scale 1.

    Args:
        likelihood: value, gradient (k) and second derivatives (k, k) at given parameters (k).
        observations: how many observations the likelihood is a sum over.
        names: the parameters, separated by blanks.
        reasons: what it means for the data when a parameter runs to its boundary.

    Raises:
        ModelError: a parameter runs away to 0 or infinity, or no maximum is found.
    """
    path = _Path(likelihood, observations, names.split(), reasons)
    with threadpool_limits(limits=1):  # sums on several threads are not the same every time
        place = _climbed(path)
        path.require_inside(place, _SMALLEST, _LARGEST)
        values = np.exp(place)
        covariance = np.outer(values, values) * _inverse_information(path, place) / observations
        return Estimate(values, -path.value(place) * observations, covariance)


class _Path:
    """Minus the mean log-likelihood by log-parameters; the last place asked for is kept."""

    def __init__(
        self, likelihood: Likelihood, observations: float, names: list[str], reasons: str
    ) -> None:
        self._likelihood = likelihood
        self._observations = observations
        self.names = names
        self.reasons = reasons
        self._place: Floats | None = None

    def value(self, place: Floats) -> float:
        self._go(place)
        return -self._value / self._observations

    def gradient(self, place: Floats) -> Floats:
        self._go(place)
        return -np.exp(place) * self._gradient / self._observations

    def hessian(self, place: Floats) -> Floats:
        self._go(place)
        values = np.exp(place)
        curved = np.outer(values, values) * self._hessian + np.diag(values * self._gradient)
        result: Floats = -curved / self._observations
        return result

    def require_inside(self, place: Floats, smallest: float, largest: float) -> None:
        low, high = place < np.log(smallest), place > np.log(largest)
        if not (low | high).any():
            return
        runaways = [
            f"{name} {'towards 0' if small else 'without end'}"
            for name, small, large in zip(self.names, low, high, strict=True)
            if small or large
        ]
        raise ModelError(
            expected="a largest likelihood at finite parameters above 0",
            found=f"a likelihood that goes on rising with {', '.join(runaways)}",
            where=f"fit of {', '.join(self.names)}",
            remedy=self.reasons,
        )

    def _go(self, place: Floats) -> None:
        if self._place is not None and np.array_equal(place, self._place):
            return
        self.require_inside(place, 1 / _GIVING_UP, _GIVING_UP)
        self._value, self._gradient, self._hessian = self._likelihood(np.exp(place))
        self._place = place.copy()


def _climbed(path: _Path) -> Floats:
    found = minimize(
        path.value,
        np.zeros(len(path.names)),
        jac=path.gradient,
        hess=path.hessian,
        method="trust-exact",
        options={"gtol": _GRADIENT_TOLERANCE, "maxiter": _MOST_STEPS, "max_trust_radius": 3.0},
    )
    place: Floats = found.x
    return place


def _inverse_information(path: _Path, place: Floats) -> Floats:
    """Inverse of the observed information of one observation, by log-parameters."""
    hessian = path.hessian(place)
    gradient = np.linalg.norm(path.gradient(place))
    if gradient > _ROUNDING or np.linalg.eigvalsh(hessian)[0] <= 0:
        raise ModelError(
            expected="a maximum of the likelihood",
            found=f"none within {_MOST_STEPS} steps (gradient {gradient:.1e})",
            where=f"fit of {', '.join(path.names)}",
            remedy=path.reasons,
        )
    return np.asarray(np.linalg.inv(hessian), dtype=np.float64)
