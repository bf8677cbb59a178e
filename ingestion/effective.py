"""When a row takes effect: its business date in the bank's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.arrow_text import Values
from ingestion.contracts import Contract

_DAY_MICROSECONDS = 86_400_000_000
_EPOCH = date(1970, 1, 1).toordinal()


def business_dates(instants: Values, time_zone: str) -> Values:
    """Dates (date32) of UTC timestamps (microseconds) as a calendar in `time_zone` shows them."""
    numbers = instants.fill_null(0).cast(pa.int64()).to_numpy()
    days = np.unique(numbers // _DAY_MICROSECONDS)
    near = np.unique(np.concatenate([days - 1, days, days + 1, days + 2]))
    zone = ZoneInfo(time_zone)
    midnights = np.array([_midnight(int(day), zone) for day in near], np.int64)
    local = near[np.searchsorted(midnights, numbers, side="right") - 1].astype(np.int32)
    return pa.array(local, mask=instants.is_null().to_numpy(False)).cast(pa.date32())


def enters_dates(rows: pa.RecordBatch, contract: Contract, time_zone: str) -> Values:
    """The later of arrival and effective date: a row dated after its arrival is deferred."""
    arrived: Values = rows.column("arrived_date")
    if contract.effective_date is None:
        return arrived
    effective: Values = rows.column(contract.effective_date)
    if pa.types.is_timestamp(effective.type):
        effective = business_dates(effective, time_zone)
    return pc.max_element_wise(arrived, effective, skip_nulls=True)


def _midnight(day: int, zone: ZoneInfo) -> int:
    """Microseconds since the epoch at which a local day begins."""
    ordinal = min(max(day + _EPOCH, 2), date.max.toordinal() - 1)
    begins = datetime.combine(date.fromordinal(ordinal), time(), zone).astimezone(UTC)
    since = begins - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000
