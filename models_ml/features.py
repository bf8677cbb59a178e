"""Reading feature rows: scorable customers of one night, ordered, in batches of fixed size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from models_ml.slots import Slot
from warehouse.bulk import read_arrow
from warehouse.settings import Settings

BATCH_ROWS = 10_000


def feature_batches(
    settings: Settings, slot: Slot, as_of_date: date, application_name: str = "bankloop"
) -> Iterator[pd.DataFrame]:
    """Yield the population of a slot by customer_id, `BATCH_ROWS` rows at a time.

    Only rows with `is_scorable` are read: minors and customers without a profiling basis are
    neither scored nor trained on.
    """
    columns = ", ".join(f"cast({name} as double precision) as {name}" for name in slot.features)
    query = (
        f"select customer_id, {columns} from features.ftr_customers "
        f"where as_of_date = date '{as_of_date.isoformat()}' and is_scorable "
        f"and ({slot.population}) order by customer_id"
    )
    for batch in read_arrow(
        settings, query, batch_rows=BATCH_ROWS, application_name=application_name
    ):
        yield batch.to_pandas()


def read_features(settings: Settings, slot: Slot, as_of_date: date) -> pd.DataFrame:
    """The whole population of a slot, for training."""
    return pd.concat(feature_batches(settings, slot, as_of_date), ignore_index=True)
