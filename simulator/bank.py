"""What a simulated bank is made from: its size, its dates and its folders."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

from simulator.seasons import Day, business_day, day_number


class BankSettings(Protocol):
    """The settings that the simulator reads."""

    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def customers(self) -> int: ...  # noqa: D102
    @property
    def first_date(self) -> date: ...  # noqa: D102
    @property
    def history_days(self) -> int: ...  # noqa: D102
    @property
    def currency_code(self) -> str: ...  # noqa: D102
    @property
    def time_zone(self) -> str: ...  # noqa: D102
    @property
    def landing_dir(self) -> Path: ...  # noqa: D102
    @property
    def simulator_dir(self) -> Path: ...  # noqa: D102
    @property
    def truth_dir(self) -> Path: ...  # noqa: D102


@dataclass(frozen=True)
class Bank:
    """A simulated bank; every row it delivers is a function of these values and of the lists."""

    seed: int
    customers: int
    first_date: date
    history_days: int
    landing_dir: Path
    simulator_dir: Path
    truth_dir: Path
    source: str = "simulator"
    currency_code: str = "CNY"
    time_zone: str = "Asia/Shanghai"

    @classmethod
    def of(cls, settings: "BankSettings") -> "Bank":
        """Return the bank that the project's settings describe."""
        return cls(**{name: getattr(settings, name) for name in cls.__dataclass_fields__})

    @classmethod
    def under(
        cls, folder: Path, *, seed: int, customers: int, first_date: date, history_days: int
    ) -> "Bank":
        """Return a bank with all its folders below `folder`."""
        return cls(
            seed=seed,
            customers=customers,
            first_date=first_date,
            history_days=history_days,
            landing_dir=folder / "landing",
            simulator_dir=folder / "simulator",
            truth_dir=folder / "truth",
        )

    @property
    def first_day(self) -> int:
        """The first date as a day number."""
        return day_number(self.first_date)

    @property
    def last_history_date(self) -> date:
        """The last date of the history."""
        return self.first_date + timedelta(days=self.history_days - 1)

    def day(self, value: date) -> Day:
        """Return a business date in the bank's time zone."""
        return business_day(value, self.time_zone)
