"""The files of the Berka data set (PKDD'99), read as text, and its ways of writing values."""

from __future__ import annotations

import csv
import hashlib
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from warehouse.errors import LandingError

Record = dict[str, str]

TABLES = ("account", "client", "disp", "order", "loan", "card", "district", "trans")
TIME_ZONE = "Europe/Prague"
CURRENCY = "CZK"


def read_tables(data_dir: Path) -> dict[str, list[Record]]:
    """All tables by name, every value as text; `?` (missing) becomes the empty text.

    Raises:
        LandingError: a file is missing.
    """
    return {name: _read(data_dir / f"{name}.asc") for name in TABLES}


def _read(path: Path) -> list[Record]:
    if not path.exists():
        raise LandingError(
            expected=f"the Berka tables {', '.join(TABLES)} as .asc files",
            found=f"no {path.name}",
            where=str(path.parent.name),
            remedy="set BANKLOOP_DATA to the folder that holds account.asc",
        )
    with path.open(encoding="ascii", newline="") as file:
        rows = csv.DictReader(file, delimiter=";")
        return [{key: "" if value == "?" else value for key, value in row.items()} for row in rows]


def day(text: str) -> date:
    """YYMMDD, all of the 20th century; a time behind it is dropped (`931107 00:00:00`)."""
    return date(1900 + int(text[:2]), int(text[2:4]), int(text[4:6]))


def birth(number: str) -> tuple[date, str]:
    """Birth date and gender of a birth number: YYMMDD, with 50 added to the month of women."""
    month = int(number[2:4])
    is_woman = month > 50
    birth_date = date(1900 + int(number[:2]), month - 50 * is_woman, int(number[4:6]))
    return birth_date, "female" if is_woman else "male"


def minor_units(text: str) -> int:
    """Crowns with up to two decimals to haléř."""
    return int(Decimal(text) * 100)


def symbol(text: str) -> str | None:
    """`k_symbol`: both the empty text and a blank mean none."""
    return text.strip() or None


def noon(moment: date) -> datetime:
    """A stand-in for the time of day, which the source does not have: noon in Prague, as UTC."""
    return datetime.combine(moment, time(12), ZoneInfo(TIME_ZONE)).astimezone(UTC)


def counterparty(bank: str, account: str) -> str | None:
    """Token of the other bank's account, equal in orders and postings."""
    if not account.strip() or account == "0":
        return None
    return hashlib.sha256(f"berka {bank} {account}".encode()).hexdigest()[:32]
