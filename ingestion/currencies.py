"""Currency codes that a row may carry (ISO 4217)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

CURRENCY_FILE = Path(__file__).parent / "currencies.txt"


@lru_cache(maxsize=1)
def known_currencies() -> frozenset[str]:
    """All codes of `currencies.txt`."""
    lines = CURRENCY_FILE.read_text(encoding="ascii").splitlines()
    return frozenset(code for line in lines if not line.startswith("#") for code in line.split())
