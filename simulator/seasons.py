"""The bank's calendar: business days, paydays, weekdays and the Spring Festival."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from simulator.randomness import Floats, Ints

EPOCH = date(1970, 1, 1)
MICROSECONDS = 1_000_000
DAY_MICROSECONDS = 86_400 * MICROSECONDS

SPRING_FESTIVALS = tuple(
    date.fromisoformat(text)
    for text in (
        "2019-02-05", "2020-01-25", "2021-02-12", "2022-02-01", "2023-01-22", "2024-02-10",
        "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03",
        "2031-01-23", "2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08",
    )
)  # fmt: skip
WEEKDAY_ACTIVITY = (0.94, 0.93, 0.95, 0.98, 1.10, 1.14, 0.96)
BEFORE_FESTIVAL_ACTIVITY = 1.35
FESTIVAL_ACTIVITY = 0.62
PAYDAY_ACTIVITY = 1.12
PAYDAYS = (5, 10, 15, 25)
CUT_SECOND = 23 * 3600 + 50 * 60


def day_number(day: date) -> int:
    """Return the days since 1970-01-01."""
    return (day - EPOCH).days


def to_date(number: int) -> date:
    """Return the date of a day number."""
    return EPOCH + timedelta(days=int(number))


@dataclass(frozen=True)
class Day:
    """One business date in the bank's time zone."""

    number: int
    date: date
    midnight: int
    """Local midnight in UTC microseconds."""
    activity: float
    """Factor on everything that customers do themselves."""

    @property
    def cut(self) -> int:
        """The end of the source systems' day, in UTC microseconds."""
        return self.midnight + CUT_SECOND * MICROSECONDS

    @property
    def is_month_start(self) -> bool:
        """Whether this is the first day of a month."""
        return self.date.day == 1

    @property
    def is_workday(self) -> bool:
        """Whether offices are open: no weekend and not in the festival week."""
        return self.date.weekday() < 5 and not 0 <= festival_distance(self.date) <= 6

    def paydays(self) -> tuple[int, ...]:
        """Return the nominal paydays paid on this date (moved forward before free days)."""
        return tuple(p for p in PAYDAYS if _paid_on(self.date, p) == self.date)


@cache
def festival_distance(day: date) -> int:
    """Return the days since the nearest Spring Festival (negative before it)."""
    return min(((day - start).days for start in SPRING_FESTIVALS), key=abs)


@cache
def activity_factor(day: date) -> float:
    """Return the seasonal factor on customers' own transactions."""
    factor = WEEKDAY_ACTIVITY[day.weekday()]
    distance = festival_distance(day)
    if -10 <= distance <= -1:
        factor *= BEFORE_FESTIVAL_ACTIVITY
    if 0 <= distance <= 6:
        factor *= FESTIVAL_ACTIVITY
    if day.day in (10, 11, 15, 16):
        factor *= PAYDAY_ACTIVITY
    return factor


@cache
def business_day(day: date, time_zone: str) -> Day:
    """Return the business day of a date in a time zone."""
    local = np.datetime64(day, "us").astype(np.int64)
    zone = ZoneInfo(time_zone)
    offset = datetime(day.year, day.month, day.day, tzinfo=zone).utcoffset() or timedelta()
    midnight = int(local) - int(offset.total_seconds()) * MICROSECONDS
    return Day(day_number(day), day, midnight, activity_factor(day))


def activity_ahead(first: int, days: int) -> Floats:
    """Return the activity factor of each of `days` days beginning with day number `first`."""
    return np.array([activity_factor(to_date(first + step)) for step in range(days)])


def _paid_on(day: date, payday: int) -> date | None:
    for ahead in range(10):
        nominal = day + timedelta(days=ahead)
        if nominal.day == payday:
            paid = nominal
            while paid.weekday() >= 5 or 0 <= festival_distance(paid) <= 6:
                paid -= timedelta(days=1)
            return paid
    return None


def clock_times(day: Day, uniforms: Floats) -> Ints:
    """Return event times of a day: 3 % in the small hours, the rest from 08:00 to 23:30."""
    night = uniforms < 0.03
    seconds = np.where(
        night, uniforms / 0.03 * 8 * 3600, 8 * 3600 + (uniforms - 0.03) / 0.97 * 15.5 * 3600
    )
    return day.midnight + (seconds * MICROSECONDS).astype(np.int64)


def office_times(day: Day, uniforms: Floats) -> Ints:
    """Return event times of a day between 09:00 and 17:30."""
    return day.midnight + ((9 + uniforms * 8.5) * 3600 * MICROSECONDS).astype(np.int64)
