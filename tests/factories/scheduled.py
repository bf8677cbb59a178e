"""What the tests under a real scheduler share: the night, the bank's size, and the services."""

from dataclasses import dataclass
from datetime import date

import psutil

from warehouse.settings import Settings

NIGHT = date(2024, 1, 21)
BANK = {"customers": 150, "history_days": 20, "first_date": date(2024, 1, 1)}


@dataclass(frozen=True)
class Services:
    """Airflow as `bankloop airflow up` starts it."""

    settings: Settings
    address: str
    processes: tuple[psutil.Process, ...]
