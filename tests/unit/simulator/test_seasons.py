"""Paydays, festivals and the bank's clock."""

from datetime import date

import numpy as np

from simulator import seasons
from simulator.seasons import activity_factor, business_day


def day(text: str) -> seasons.Day:
    return business_day(date.fromisoformat(text), "Asia/Shanghai")


def test_midnight_is_the_banks() -> None:
    midnight = np.datetime64(day("2024-03-01").midnight, "us")
    assert midnight == np.datetime64("2024-02-29T16:00:00")


def test_paydays_move_before_free_days() -> None:
    assert day("2024-05-10").paydays() == (10,)
    assert day("2024-03-08").paydays() == (10,), "the 10th was a Sunday"
    assert day("2024-03-10").paydays() == ()
    assert day("2024-02-09").paydays() == (10, 15), "both fall into the festival week"


def test_the_spring_festival_is_busy_before_and_quiet_within() -> None:
    ordinary = activity_factor(date(2024, 3, 6))
    assert activity_factor(date(2024, 2, 7)) > 1.2 * ordinary
    assert activity_factor(date(2024, 2, 14)) < 0.8 * ordinary


def test_saturdays_are_busier_than_tuesdays() -> None:
    assert activity_factor(date(2024, 5, 18)) > 1.1 * activity_factor(date(2024, 5, 21))


def test_clock_times_stay_inside_the_day() -> None:
    today = day("2024-05-20")
    times = seasons.clock_times(today, np.linspace(1e-9, 1 - 1e-9, 1_000))
    assert times.min() >= today.midnight
    assert times.max() < today.midnight + seasons.DAY_MICROSECONDS
