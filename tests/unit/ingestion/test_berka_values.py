from datetime import UTC, date, datetime

import pytest

from ingestion.connectors.berka_balances import closing_balance
from ingestion.connectors.berka_files import birth, counterparty, day, minor_units, noon, symbol
from ingestion.connectors.berka_registers import _months_later


def test_dates_of_the_twentieth_century() -> None:
    assert day("930705") == date(1993, 7, 5)
    assert day("931107 00:00:00") == date(1993, 11, 7)


def test_fifty_on_the_month_marks_women() -> None:
    assert birth("706213") == (date(1970, 12, 13), "female")
    assert birth("450204") == (date(1945, 2, 4), "male")


def test_money_is_exact() -> None:
    assert [minor_units(text) for text in ("3372.70", "0.29", "96396")] == [337270, 29, 9639600]


def test_blank_and_empty_symbols_mean_none() -> None:
    assert (symbol(""), symbol(" "), symbol("SIPO")) == (None, None, "SIPO")
    assert counterparty("", "") is None
    assert counterparty("AB", "7") == counterparty("AB", "7") != counterparty("AB", "8")


def test_noon_in_prague_is_on_the_day_itself() -> None:
    assert noon(date(1993, 7, 1)) == datetime(1993, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("months", "end"), [(1, date(1993, 2, 28)), (11, date(1993, 12, 31)), (12, date(1994, 1, 31))]
)
def test_a_loan_ends_months_later(months: int, end: date) -> None:
    assert _months_later(date(1993, 1, 31), months) == end


@pytest.mark.parametrize(
    ("previous", "postings", "closing"),
    [
        (0, [(500, 500)], (500, False)),
        (100, [(-50, 150), (100, 200)], (150, False)),
        (100, [(100, 195), (-50, 150)], (150, False)),
        (2220140, [(-140000, 2220140), (140000, 2360140)], (2220140, False)),
    ],
)
def test_the_chain_says_which_balance_closes_the_day(previous, postings, closing) -> None:
    assert closing_balance(previous, postings) == closing


def test_a_broken_chain_takes_the_balance_nearest_to_the_sum() -> None:
    assert closing_balance(2575910, [(10790, 2597450), (-1460, 2595990)]) == (2595990, True)


def test_a_posting_smaller_than_the_tolerance_leaves_the_end_undecided() -> None:
    assert closing_balance(0, [(1000, 1000), (-10, 990)]) == (990, True)
