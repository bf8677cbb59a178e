"""What a benchmark hands back: rows of figures, some of them with a target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

Say = Callable[[str], None]


@dataclass(frozen=True)
class Limit:
    """A target: the figure is to be at most, or at least, this."""

    bound: float
    at_least: bool = False

    def holds(self, figure: float) -> bool:
        """Whether a figure keeps to the target; the bound itself does."""
        return figure >= self.bound if self.at_least else figure <= self.bound


@dataclass(frozen=True)
class Row:
    """One line of the table; `peak_mb` is the most memory of the step in MiB, None if unknown."""

    step: str
    figure: float
    unit: str
    limit: Limit | None = None
    peak_mb: float | None = None
    judged: bool = True

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one, and for sizes that it is not meant for."""
        if self.limit is None or not self.judged:
            return None
        return self.limit.holds(self.figure)


@dataclass(frozen=True)
class Result:
    """The rows of one benchmark, or why it could not run."""

    name: str
    rows: list[Row] = field(default_factory=list)
    failure: str = ""
