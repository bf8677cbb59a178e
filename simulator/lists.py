"""The lists that could be read on the evening before a simulated date."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.bulk import read_arrow_table
from warehouse.settings import Settings

_QUERY = """
    select list_row_id, campaign_id, customer_id, party_id, channel, product_id, script_id
    from publication.open_rows
    order by list_row_id
"""


def published_lists(settings: Settings, day: date) -> pa.Table:
    """Return the list rows to be worked on `day`: what was readable when it was first asked for.

    The answer is kept beside the simulator's state, so that simulating `day` again, after later
    publications, works the same rows.
    """
    path = _kept(settings, day)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        building = path.with_suffix(".building")
        pq.write_table(read_arrow_table(settings, _QUERY), building)
        building.rename(path)
    return pq.read_table(path)


def _kept(settings: Settings, day: date) -> Path:
    return settings.simulator_dir / "lists" / f"{day.isoformat()}.parquet"
