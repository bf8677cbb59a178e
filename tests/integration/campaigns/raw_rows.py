"""Rows of a night as ingestion leaves them in `raw`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from factories.decision_bank import Bank, insert

from ingestion.raw_tables import ensure_partition, month_of

DEFAULTS: dict[str, dict[str, Any]] = {
    "customers": {"party_type": "customer", "is_staff": False, "is_deceased": False},
    "consents": {"channel": "all", "status": "granted"},
    "suppressions": {"scope": "all", "reason": "legal_hold"},
    "contacts": {
        "channel": "sms", "delivery_status": "delivered", "cost_amount": 5, "currency_code": "CNY",
    },
    "responses": {},
}  # fmt: skip


def at(on: date, hour: int = 9) -> datetime:
    """A moment of that day, UTC."""
    return datetime(on.year, on.month, on.day, hour, tzinfo=UTC)


def arrive(bank: Bank, feed: str, night: date, **values: Any) -> None:
    """One row of a feed that arrives with a night."""
    ensure_partition(bank.connection, feed, month_of(night))
    row = {
        "updated_at": at(night), "arrived_date": night, "enters_date": night,
        "source_file": "test", "run_id": "test", **DEFAULTS[feed], **values,
    }  # fmt: skip
    if feed == "consents":
        row.setdefault("valid_from", at(night))
    if feed == "suppressions":
        row.setdefault("valid_from", night)
    if feed == "contacts":
        row.setdefault("contacted_at", at(night))
    if feed == "responses":
        row.setdefault("responded_at", at(night))
    insert(bank.connection, f"raw.{feed}", **row)
    bank.connection.commit()
