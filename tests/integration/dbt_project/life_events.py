"""Customers to whom something happened lately, and as many to whom it almost did.

Every pair stands on both sides of one limit of the seed tag_limits, on the night of the bank that
`add_life_events` fills.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.integration.dbt_project.insight_bank import Bank

_OLD = date(2019, 5, 1)
_ALWAYS = {"valid_from": date(1900, 1, 1), "valid_to": date(9999, 12, 31)}


@dataclass(frozen=True)
class Life:
    """One customer: what happened, counted in days before the night, and the tag expected.

    `postings` are (days ago, transaction_type, amount, merchant_category); `balances` are
    (days ago, amount), each in force until the next; `addresses` are (days ago, token).
    """

    name: str
    tag: str
    expected: Any
    opened_days_ago: int | None = None
    postings: tuple[tuple[int, str, int, str | None], ...] = ()
    balances: tuple[tuple[int, int], ...] = ()
    addresses: tuple[tuple[int, str], ...] = ()
    is_profiled: bool = True


def _bought(days_ago: int, merchant_category: str) -> tuple[int, str, int, str]:
    return (days_ago, "card_purchase", -5_000, merchant_category)


def _paid(last: int | None) -> tuple[tuple[int, str, int, None], ...]:
    """Two months of 1,000,000 each, then the last 30 days'."""
    earlier = ((70, "salary", 1_000_000, None), (40, "salary", 1_000_000, None))
    return earlier if last is None else (*earlier, (29, "salary", last, None))


def _left(amount: int, remaining: int) -> Mapping[str, Any]:
    return {
        "postings": ((5, "transfer_out", -amount, None),),
        "balances": ((400, 4_000_000), (5, remaining)),
    }


LIVES = (
    Life("CHILD", "has_new_child", True, postings=(_bought(89, "childcare"),)),
    Life("CHILD-LONG-AGO", "has_new_child", False, postings=(_bought(90, "childcare"),)),
    Life("CHILD-BEFORE", "has_new_child", False,
         postings=(_bought(89, "childcare"), _bought(300, "childcare"))),
    Life("CHILD-UNASKED", "has_new_child", None, postings=(_bought(89, "childcare"),),
         is_profiled=False),
    Life("CAR", "has_new_car", True, opened_days_ago=200, postings=(_bought(20, "fuel"),)),
    Life("CAR-PERHAPS", "has_new_car", False, opened_days_ago=200,
         postings=(_bought(21, "fuel"),)),
    Life("RETIRED", "has_retired", True, postings=((10, "pension", 300_000, None),)),
    Life("WORKING", "has_retired", False, postings=((10, "salary", 300_000, None),)),
    Life("MOVED", "has_moved", True, addresses=((300, "here"), (89, "there"))),
    Life("MOVED-LONG-AGO", "has_moved", False, addresses=((300, "here"), (90, "there"))),
    Life("STAYED", "has_moved", False, addresses=((300, "here"), (20, "here"))),
    Life("RAISED", "salary_change", "up", postings=_paid(1_200_000)),
    Life("NOT-RAISED", "salary_change", "same", postings=_paid(1_199_999)),
    Life("CUT", "salary_change", "down", postings=_paid(800_000)),
    Life("NOT-CUT", "salary_change", "same", postings=_paid(800_001)),
    Life("UNPAID", "salary_change", "stopped", postings=_paid(None)),
    Life("INFLOW", "has_large_inflow", True, postings=((6, "deposit", 5_000_000, None),)),
    Life("INFLOW-LONG-AGO", "has_large_inflow", False,
         postings=((7, "deposit", 5_000_000, None),)),
    Life("INFLOW-SMALLER", "has_large_inflow", False,
         postings=((6, "deposit", 4_999_999, None),)),
    Life("LEAVING", "has_outflow_to_competitor", True, **_left(1_200_000, 2_800_000)),
    Life("LEAVING-LITTLE", "has_outflow_to_competitor", False, **_left(1_199_999, 2_800_001)),
    Life("LEAVING-REPLACED", "has_outflow_to_competitor", False, **_left(1_200_000, 4_000_000)),
    Life("LEAVING-SMALL", "has_outflow_to_competitor", False,
         postings=((5, "transfer_out", -999_999, None),),
         balances=((400, 2_000_000), (5, 1_000_001))),
)  # fmt: skip


def add_life_events(bank: Bank, night: date) -> None:
    """Insert every customer of LIVES with account, consent, postings, balances and addresses."""
    for life in LIVES:
        opened = _OLD if life.opened_days_ago is None else _days_before(night, life.opened_days_ago)
        account = f"A-{life.name}"
        owned = {"account_id": account, "customer_id": life.name}
        bank.add(
            "marts.dim_customers",
            {
                "customer_id": life.name,
                "party_type": "customer",
                "birth_date": date(1962, 3, 12),
                "first_opened_date": opened,
                "first_seen_date": bank.first,
                "is_authorised_only": False,
                "is_deceased": False,
            },
        )
        bank.add(
            "marts.dim_accounts",
            {**owned, "product_id": "P-demand", "category": "demand", "currency_code": "CNY",
             "opened_date": opened},
        )  # fmt: skip
        bank.add("intermediate.int_account_owners__history", {**owned, **_ALWAYS})
        bank.add("intermediate.int_identity__parties",
                 {"party_id": f"P-{life.name}", "customer_id": life.name})  # fmt: skip
        if life.is_profiled:
            bank.add(
                "marts.dim_customer_consents",
                {"customer_id": life.name, "purpose": "profiling", "channel": "all",
                 "status": "granted", "valid_from": bank.first},
            )  # fmt: skip
        _add_facts(bank, life, owned, night, opened)


def _add_facts(bank: Bank, life: Life, owned: Mapping[str, str], night: date, opened: date) -> None:
    bank.add(
        "marts.fct_transactions",
        *(
            {
                "transaction_id": f"{life.name}-{number}",
                "customer_id": life.name,
                "booked_date": _days_before(night, days_ago),
                "amount": amount,
                "currency_code": "CNY",
                "transaction_type": kind,
                "merchant_category": merchant_category,
                "channel": "app",
                "is_customer_initiated": kind not in {"salary", "pension"},
                "is_reversed": False,
            }
            for number, (days_ago, kind, amount, merchant_category) in enumerate(life.postings)
        ),
    )
    balances = life.balances or ((400, 50_000),)
    for number, (days_ago, amount) in enumerate(balances):
        ends = balances[number + 1][0] + 1 if number + 1 < len(balances) else None
        bank.add(
            "marts.fct_account_balances",
            {
                **owned,
                "balance_date": max(bank.first, opened, _days_before(night, days_ago)),
                "valid_to_date": None if ends is None else _days_before(night, ends),
                "ledger_balance": amount,
                "currency_code": "CNY",
            },
        )
    bank.add(
        "staging.stg_landing__customers_versions",
        *(
            {
                "party_id": f"P-{life.name}",
                "address_token": token,
                "updated_at": _days_before(night, days_ago),
                "enters_date": _days_before(night, days_ago),
            }
            for days_ago, token in life.addresses
        ),
    )


def _days_before(night: date, number: int) -> date:
    return night - timedelta(days=number)
