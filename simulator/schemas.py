"""The columns that the simulated source systems write, feed by feed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Numbers = NDArray[np.integer[Any]] | NDArray[np.bool_]
Values: TypeAlias = "pa.Array[Any] | pa.ChunkedArray[Any] | NDArray[Any]"

_TYPES: dict[str, pa.DataType] = {
    "s": pa.string(),
    "d": pa.date32(),
    "t": pa.timestamp("us", tz="UTC"),
    "b": pa.bool_(),
    "l": pa.int64(),
    "i": pa.int32(),
    "n": pa.decimal128(18, 9),
}

_COLUMNS = {
    "account_parties": "account_id:s party_id:s role:s valid_from:d valid_to:d",
    "accounts": (
        "account_id:s product_id:s branch_id:s currency_code:s opened_date:d closed_date:d "
        "status:s maturity_date:d contract_amount:l"
    ),
    "app_events": (
        "event_id:s party_id:s device_id:s session_id:s event_at:t event_name:s page:s "
        "product_id:s source_campaign_id:s channel:s"
    ),
    "branch_visits": ("visit_id:s party_id:s branch_id:s visited_at:t purpose:s served_by:s"),
    "campaign_assignments": (
        "assignment_id:s campaign_id:s campaign_type:s party_id:s product_id:s channel:s arm:s "
        "assignment_probability:n assigned_date:d"
    ),
    "channel_capacities": (
        "capacity_date:d channel:s branch_id:s relationship_manager_id:s seats:i"
    ),
    "consents": "party_id:s purpose:s channel:s status:s valid_from:t revoked_at:t",
    "contacts": (
        "contact_id:s list_row_id:s party_id:s channel:s campaign_id:s contacted_at:t "
        "delivery_status:s disposition:s agent_id:s cost_amount:l currency_code:s script_id:s"
    ),
    "credit_status": "party_id:s status_date:d overdue_days:i open_rejection_date:d",
    "customers": (
        "party_id:s party_type:s name:s document_no:s mobile:s email:s address:s gender:s "
        "birth_date:d occupation:s income_band:s marital_status:s has_children:b region:s "
        "branch_id:s relationship_manager_id:s opened_date:d closed_date:d is_staff:b "
        "is_deceased:b"
    ),
    "daily_balances": (
        "account_id:s balance_date:d ledger_balance:l market_value:l currency_code:s is_estimated:b"
    ),
    "exchange_rates": "currency_code:s rate_date:d rate:n",
    "leads": (
        "lead_id:s party_id:s product_id:s from_role:s to_role:s handed_at:t accepted_at:t "
        "outcome:s"
    ),
    "marketing_costs": "cost_date:d channel:s campaign_id:s cost_amount:l currency_code:s",
    "partner_events": (
        "partner_event_id:s party_id:s partner:s event_name:s event_at:t consent_purpose:s"
    ),
    "product_quotas": "quota_date:d product_id:s region:s quota:i",
    "products": (
        "product_id:s label_en:s label_zh:s category:s is_investment_linked:b risk_rating:s "
        "annual_margin_bps:i unit_contribution:l currency_code:s interest_rate:n "
        "repayment_method:s is_on_sale:b"
    ),
    "referrals": (
        "referral_id:s referrer_party_id:s referee_party_id:s device_id:s referred_at:t "
        "campaign_id:s"
    ),
    "responses": "response_id:s contact_id:s responded_at:t response:s",
    "risk_assessments": "assessment_id:s party_id:s risk_level:s assessed_at:t valid_until:d",
    "service_cases": (
        "case_id:s party_id:s kind:s severity:s opened_at:t closed_at:t satisfaction:i"
    ),
    "standing_orders": (
        "standing_order_id:s account_id:s amount:l currency_code:s purpose:s "
        "counterparty_token:s starts_date:d ends_date:d"
    ),
    "suppressions": (
        "suppression_id:s party_id:s scope:s scope_value:s reason:s valid_from:d valid_to:d"
    ),
    "surveys": "survey_id:s party_id:s kind:s score:i campaign_id:s answered_at:t",
    "transactions": (
        "transaction_id:s account_id:s booked_at:t amount:l currency_code:s transaction_type:s "
        "merchant_category:s counterparty_token:s channel:s is_customer_initiated:b "
        "reverses_transaction_id:s"
    ),
}

FEEDS: tuple[str, ...] = tuple(_COLUMNS)

CONTROL_TOTALS: dict[str, str] = {
    "channel_capacities": "seats",
    "contacts": "cost_amount",
    "daily_balances": "ledger_balance",
    "marketing_costs": "cost_amount",
    "product_quotas": "quota",
    "standing_orders": "amount",
    "transactions": "amount",
}


@cache
def schema(feed: str) -> pa.Schema:
    """Return the Arrow schema of a feed; every feed ends with `updated_at`."""
    columns = [*_COLUMNS[feed].split(), "updated_at:t"]
    return pa.schema([(name, _TYPES[code]) for name, code in (c.split(":") for c in columns)])


def build(feed: str, columns: Mapping[str, Values]) -> pa.Table:
    """Return a table of the feed's schema; columns that are not given are null.

    Values may be Arrow arrays, numpy arrays (days for dates, microseconds for timestamps) or
    Arrow arrays of dictionary type; the first given column sets the number of rows.
    """
    wanted = schema(feed)
    rows = len(next(iter(columns.values())))
    unknown = set(columns) - set(wanted.names)
    if unknown:
        raise KeyError(f"columns {sorted(unknown)} are not in feed {feed}")
    arrays = [
        _convert(columns[field.name], field.type)
        if field.name in columns
        else pa.nulls(rows, field.type)
        for field in wanted
    ]
    return pa.Table.from_arrays(arrays, schema=wanted)


def _convert(values: Values, wanted: pa.DataType) -> pa.Array[Any]:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, np.ndarray):
        if pa.types.is_date(wanted):
            return pa.array(values.astype(np.int32), pa.int32()).view(wanted)
        if pa.types.is_timestamp(wanted):
            return pa.array(values, pa.int64()).view(wanted)
        values = pa.array(values)
    return values if values.type == wanted else values.cast(wanted)


def empty(feed: str) -> pa.Table:
    """Return a table of the feed without rows."""
    return schema(feed).empty_table()


def dates_or_null(days: Numbers, missing: int = 0) -> pa.Array[Any]:
    """Return day numbers as dates, null where the value is `missing`."""
    numbers = np.asarray(days).astype(np.int32)
    return pa.array(numbers, pa.int32(), mask=numbers == missing).view(pa.date32())


def pick(labels: pa.Array[Any], codes: Numbers, missing: int | None = None) -> pa.Array[Any]:
    """Return labels by code; `missing` gives null."""
    numbers = np.asarray(codes).astype(np.int32)
    mask = None if missing is None else numbers == missing
    return labels.take(pa.array(numbers, pa.int32(), mask=mask))
