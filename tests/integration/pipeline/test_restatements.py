"""Late postings change published numbers: young ones are published again, old ones recorded."""

from datetime import date, timedelta
from typing import Any

import pyarrow.parquet as pq
from factories.history import LAST, NIGHTS
from factories.landing_changes import add_rows
from factories.nights import play, rows

from ingestion.verification import forget_verified
from warehouse.settings import Settings

DAYS = 35
OLD, YOUNG = 60, 3
_LOST = """
    select s.customer_id, min(a.account_id) from tags.lifecycle_states s
    join marts.dim_accounts a using (customer_id)
    where s.as_of_date = %s and s.stage = 'churned' and s.entry_trigger in ('inactivity_180',
        'initial_load') and a.closed_date is null and s.aum_collapse_days = 0
        and s.stage_since < %s::date - 70
        and not exists (select from tags.lifecycle_states o where o.customer_id = s.customer_id
            and o.as_of_date > s.as_of_date - 70 and o.aum_collapse_days > 0)
    group by 1 order by 2 limit %s
"""
_SHOWN = """
    select as_of_date, stage, end_count from bi.bi_lifecycle_balances
    where as_of_date < %s order by 1, 2
"""


def shown(bank: Settings) -> dict[tuple[date, str], Any]:
    return {(day, stage): count for day, stage, count in rows(bank, _SHOWN, LAST)}


def post_late(bank: Settings, account: str, days_ago: int) -> None:
    """A customer's own purchase of some days ago arrives with the last night."""
    folder = bank.landing_dir / LAST.isoformat()
    (posting,) = pq.read_table(folder / "transactions.parquet").slice(0, 1).to_pylist()
    booked = posting["booked_at"] - timedelta(days=days_ago)
    changes = {
        "transaction_id": f"T-late-{account}", "account_id": account, "booked_at": booked,
        "transaction_type": "card_purchase", "is_customer_initiated": True, "channel": "app",
        "reverses_transaction_id": None, "currency_code": "CNY",
    }  # fmt: skip
    add_rows(folder, "transactions", [posting | changes])


def test_late_rows_of_3_and_60_days_ago_and_the_same_night_once_more(bank: Settings) -> None:
    eve = LAST - timedelta(days=1)
    lost = rows(bank, _LOST, eve, eve, 4)
    assert len(lost) == 4, "the bank must have customers who were long inactive"
    for number, (_, account) in enumerate(lost):
        post_late(bank, account, YOUNG if number == 3 else OLD)
    before = shown(bank)
    forget_verified()
    assert play(bank, LAST).error is None
    after = shown(bank)
    recorded = {
        (day, stage): (published, restated, again)
        for day, stage, published, restated, again in rows(
            bank, "select as_of_date, dimension, published_value, restated_value, is_republished "
            "from ops.restatements where business_date = %s and measure = 'end_count' "
            "and table_name = 'bi.bi_lifecycle_balances'", LAST,
        )
    }  # fmt: skip
    oldest = NIGHTS[0] - timedelta(days=DAYS - 1)
    assert min(day for day, _ in before) == oldest
    for days_ago in range(1, (LAST - oldest).days + 1):
        day = LAST - timedelta(days=days_ago)
        back = 4 if days_ago <= YOUNG else 3
        published, restated, again = recorded[day, "churned"]
        assert (published - restated, again) == (back, days_ago < DAYS), day
        assert before[day, "churned"] == published
        assert after[day, "churned"] == (restated if again else published)
    assert sum(r - p for (d, _), (p, r, _) in recorded.items() if d == eve) == 0

    forget_verified()
    assert play(bank, LAST).error is None
    again = rows(bank, "select as_of_date, dimension, published_value, restated_value, "
                 "is_republished from ops.restatements where business_date = %s "
                 "and measure = 'end_count'", LAST)  # fmt: skip
    assert {(day, stage): tuple(others) for day, stage, *others in again} == recorded
