"""The page of one customer says who, which stage since when and why, and what changed."""

import io
from datetime import date, timedelta

import pytest
from factories.history import FIRST, LAST, NIGHTS, History
from factories.leaks import marks
from factories.nights import rows, value
from rich.console import Console

from dags.pipeline_support.customer_page import customer_page, print_page
from simulator import canaries
from warehouse.errors import HistoryError


def text(history: History, asked_for: str, day: date) -> str:
    out = io.StringIO()
    print_page(customer_page(history.settings, asked_for, day), Console(file=out, width=1_000))
    return out.getvalue()


def a_change_of_stage(history: History) -> tuple[str, str, date]:
    ((customer, stage, day),) = rows(
        history.settings,
        "select customer_id, to_stage, transition_date from tags.lifecycle_transitions "
        "where transition_date between %s and %s and from_stage is not null "
        "order by transition_date, customer_id limit 1", NIGHTS[1], LAST,
    )  # fmt: skip
    return customer, stage, day


def test_the_stage_is_told_with_its_day_and_reason_and_as_last_nights_change(
    history: History,
) -> None:
    customer, stage, day = a_change_of_stage(history)
    page = text(history, customer, day)
    assert f"stage 阶段: {stage}" in page
    assert f"since 自 {day} (0 days 天), because 原因" in page
    tonight = page.split("Changed on this night 当晚变化")[1].split("Changes before")[0]
    assert "阶段:" in tonight
    eve = text(history, customer, day - timedelta(days=1))
    assert f"since 自 {day}" not in eve


def test_tags_are_told_since_the_night_that_gave_them(history: History) -> None:
    ((customer, value_, since),) = rows(
        history.settings,
        "select customer_id, tag_value, valid_from from tags.customer_tag_history "
        "where tag_code = 'aum_band' and valid_from > %s and valid_to is null "
        "order by valid_from desc, customer_id limit 1", NIGHTS[0],
    )  # fmt: skip
    assert f"AUM band 资产段: {value_}, since 自 {since}" in text(history, customer, LAST)


def test_a_party_leads_to_its_customer(history: History) -> None:
    ((party, customer),) = rows(history.settings, "select party_id, customer_id "
                                "from publication.party_customers order by 1 limit 1")  # fmt: skip
    page = text(history, party, LAST)
    assert f"Customer 客户 {customer}" in page
    assert f"查询编号 {party}" in page


@pytest.mark.parametrize(
    ("asked_for", "day", "expected"),
    [
        ("Cffffffffffffffe", LAST, "no customer and no party"),
        (None, FIRST - timedelta(days=1), str(FIRST - timedelta(days=1))),
        (None, LAST + timedelta(days=1), str(LAST + timedelta(days=1))),
    ],
)
def test_unknown_customers_and_days_are_refused_in_words(
    asked_for: str | None, day: date, expected: str, history: History
) -> None:
    known = value(history.settings, "select min(customer_id) from marts.dim_customers")
    with pytest.raises(HistoryError) as refusal:
        customer_page(history.settings, asked_for or known, day)
    assert expected in refusal.value.found
    assert refusal.value.remedy


def test_a_customer_is_not_known_before_its_first_day(history: History) -> None:
    ((customer, first),) = rows(
        history.settings,
        "select customer_id, min(valid_from) from marts.dim_customers_history group by 1 "
        "order by 2 desc, 1 limit 1",
    )
    assert first > FIRST
    with pytest.raises(HistoryError, match="not on that day"):
        customer_page(history.settings, customer, first - timedelta(days=1))


def test_the_page_of_a_canary_holds_nothing_of_it_in_clear(history: History) -> None:
    canary = canaries(history.settings.seed)[0]
    page = text(history, canary.party_id, LAST)
    assert "查询编号" in page
    assert [mark for mark in marks([canary]) if mark in page] == []
