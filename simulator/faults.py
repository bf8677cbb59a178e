"""Spoiling a landing on purpose."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from simulator.bank import Bank


@dataclass(frozen=True)
class BadInput:
    """Faults of one landing."""


def spoil(bank: Bank, folder: Path, day: date, knobs: BadInput) -> None:
    """Apply the faults."""
