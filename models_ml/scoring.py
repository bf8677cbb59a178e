"""Score every slot for one night: features in by Arrow batches, predictions out by COPY."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from models_ml.registry import ModelPointer, load_bundle, pointer_of
from models_ml.slots import BASELINE_NAME, BASELINE_VERSION, Slot, slots
from models_ml.tables import columns_of, ensure_month
from warehouse.errors import ModelError
from warehouse.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scorer:
    """A function that scores a frame, and the name under which its rows are written."""

    model_name: str
    model_version: str
    is_champion: bool
    score: Callable[[pd.DataFrame], pd.DataFrame]


@dataclass(frozen=True)
class SlotScores:
    """What was written for one slot; `note` says why a model was not used."""

    slot: str
    rows: int
    model_name: str
    model_version: str
    note: str = ""


@dataclass(frozen=True)
class ScoringReport:
    """One entry a slot."""

    slots: tuple[SlotScores, ...]

    def __str__(self) -> str:
        return "; ".join(
            f"{s.slot}: {s.rows:,} rows by {s.model_name} {s.model_version}"
            + (f" ({s.note})" if s.note else "")
            for s in self.slots
        )


def score_slots(
    settings: Settings, connection: psycopg.Connection, as_of_date: date
) -> ScoringReport:
    """Replace all predictions of a date, slot by slot, in the caller's transaction.

    Champion and challenger both score; `is_champion` marks the rows to use. Without a usable
    champion the slot's rule baseline scores as champion, and the report says why: a model never
    stops a night. Features must be committed: they are read by a session of their own.
    """
    night_id = _night_id(connection)
    return ScoringReport(
        tuple(
            _score_slot(settings, connection, slot, as_of_date, night_id)
            for slot in slots().values()
        )
    )


def _score_slot(
    settings: Settings,
    connection: psycopg.Connection,
    slot: Slot,
    as_of_date: date,
    night_id: str | None,
) -> SlotScores:
    scorers, note = _scorers(settings, connection, slot)
    try:
        frames = _score_batches(settings, connection, slot, as_of_date, scorers)
    except ModelError as error:
        if scorers[0].model_name == BASELINE_NAME and len(scorers) == 1:
            raise
        logger.warning("slot %s: models not used\n%s", slot.name, error)
        scorers, note = [_baseline(slot)], f"models not used: {error.found}"
        frames = _score_batches(settings, connection, slot, as_of_date, scorers)
    ensure_month(connection, slot, as_of_date)
    connection.execute(
        sql.SQL("delete from predictions.{} where as_of_date = %s").format(
            sql.Identifier(slot.name)
        ),
        [as_of_date],
    )
    rows = 0
    for scorer, scored in zip(scorers, frames, strict=True):
        written = _write(connection, slot, scorer, scored, as_of_date, night_id)
        rows += written if scorer.is_champion else 0
    return SlotScores(slot.name, rows, scorers[0].model_name, scorers[0].model_version, note)


def _score_batches(
    settings: Settings,
    connection: psycopg.Connection,
    slot: Slot,
    as_of_date: date,
    scorers: list[Scorer],
) -> list[pd.DataFrame]:
    """All finished rows of each scorer; features pass through once, a batch at a time."""
    import pandas as pd

    from models_ml.features import feature_batches
    from models_ml.ranking import finish

    name = str(connection.info.get_parameters().get("application_name", "bankloop"))
    parts: list[list[pd.DataFrame]] = [[] for _ in scorers]
    for batch in feature_batches(settings, slot, as_of_date, name):
        for scorer, found in zip(scorers, parts, strict=True):
            found.append(scorer.score(batch))
    return [finish(pd.concat(found, ignore_index=True), slot) for found in parts]


def _scorers(
    settings: Settings, connection: psycopg.Connection, slot: Slot
) -> tuple[list[Scorer], str]:
    champion, note = _model_scorer(settings, slot, pointer_of(connection, slot.name), True)
    if champion is None:
        champion = _baseline(slot)
    challenger, _ = _model_scorer(
        settings, slot, pointer_of(connection, slot.name, "challenger"), False
    )
    return [found for found in (champion, challenger) if found is not None], note


def _baseline(slot: Slot) -> Scorer:
    return Scorer(BASELINE_NAME, BASELINE_VERSION, True, slot.baseline_function())


def _model_scorer(
    settings: Settings, slot: Slot, pointer: ModelPointer | None, is_champion: bool
) -> tuple[Scorer | None, str]:
    if pointer is None:
        return None, ""
    try:
        bundle: dict[str, Any] = load_bundle(settings, pointer)
        score = partial(_score_guarded, slot.model_function(), pointer, bundle)
    except ModelError as error:
        logger.warning("slot %s: model not used\n%s", slot.name, error)
        return None, f"model {pointer.model_version} not used: {error.found}"
    return Scorer(pointer.model_name, pointer.model_version, is_champion, score), ""


def _score_guarded(
    function: Callable[..., pd.DataFrame],
    pointer: ModelPointer,
    bundle: dict[str, Any],
    features: pd.DataFrame,
) -> pd.DataFrame:
    """Score a batch with a model; whatever goes wrong inside it is the model's fault."""
    try:
        return function(features, bundle)
    except Exception as error:
        raise ModelError(
            expected=f"{pointer.model_name} version {pointer.model_version} to score",
            found=type(error).__name__,
            where=f"slot {pointer.slot}",
            remedy="train again: the model does not fit this version of the code",
        ) from error


def _write(
    connection: psycopg.Connection,
    slot: Slot,
    scorer: Scorer,
    scored: pd.DataFrame,
    as_of_date: date,
    night_id: str | None,
) -> int:
    import pyarrow as pa

    from warehouse.bulk import copy_arrow

    rows = scored.assign(
        as_of_date=as_of_date,
        model_name=scorer.model_name,
        model_version=scorer.model_version,
        is_champion=scorer.is_champion,
        night_id=night_id,
    )
    table = pa.Table.from_pandas(rows[list(columns_of(slot))], preserve_index=False)
    return copy_arrow(connection, slot.table, table)


def _night_id(connection: psycopg.Connection) -> str | None:
    row = connection.execute("select night_id from ops.current_night").fetchone()
    return None if row is None else row[0]
