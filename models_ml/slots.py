"""Slots: what a model must deliver, as data. Strategies and tags read a slot, never a model.

Code is named, not imported (`module:function`, as in entry points), so that reading the contracts
costs nothing. A package may add slots under the entry point group `bankloop.slots`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Any, Literal

from warehouse.errors import ModelError

ENTRY_POINT_GROUP = "bankloop.slots"
BASELINE_NAME = "rule_baseline"
BASELINE_VERSION = "1"
NO_ITEM = "-"
CORE_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "customer_id": "text not null",
        "as_of_date": "date not null",
        "item_id": "text not null",
        "model_name": "text not null",
        "model_version": "text not null",
        "is_champion": "boolean not null",
        "score": "numeric(18,6) not null",
        "rank": "integer not null",
        "decile": "integer",
        "reasons": "text",
        "night_id": "text",
    }
)


@dataclass(frozen=True)
class Slot:
    """The contract of one slot.

    `item_kind` says what `item_id` is (`-` where the slot has none). `population` is a condition on
    `features.ftr_customers` beside `is_scorable`. `features` are its input columns, SQL expression
    by name. `baseline` and `model` take a frame of features (the model also its bundle) and return
    customer_id, item_id, score, reasons and the extra columns.
    """

    name: str
    label_en: str
    label_zh: str
    item_kind: Literal["none", "product", "campaign_type", "channel_hour"]
    score_range: tuple[float, float]
    population: str
    features: tuple[str, ...]
    baseline: str
    model: str | None = None
    extra_columns: tuple[tuple[str, str], ...] = ()
    has_deciles: bool = True
    reasons_for: Literal["all", "top_decile"] = "top_decile"
    entity: str = "customer"

    @property
    def table(self) -> str:
        """Where its scores are."""
        return f"predictions.{self.name}"

    def baseline_function(self) -> Callable[..., Any]:
        """The rule that scores when no model may."""
        return resolve(self.baseline)

    def model_function(self) -> Callable[..., Any]:
        """The function that scores with a loaded bundle."""
        if self.model is None:
            raise ModelError(
                expected="a slot that a model can fill",
                found="a slot with a rule only",
                where=f"slot {self.name}",
                remedy="name a scoring function in its contract",
            )
        return resolve(self.model)


CLUSTERS = Slot(
    name="clusters",
    label_en="behaviour persona",
    label_zh="行为画像",
    item_kind="none",
    score_range=(0.0, 1.0),
    population="true",
    features=(
        "customer_initiated_count_90d",
        "app_count_90d",
        "branch_count_90d",
        "atm_count_90d",
        "pos_count_90d",
        "online_count_90d",
        "card_spend_amount_90d",
        "app_session_count_90d",
        "aum_month_average_amount",
    ),
    baseline="models_ml.clusters.baseline:score_by_rule",
    model="models_ml.clusters.model:score_personas",
    extra_columns=(("persona_id", "text not null"), ("distance", "numeric(18,6)")),
    has_deciles=False,
    reasons_for="all",
)
CHURN = Slot(
    name="churn",
    label_en="churn risk",
    label_zh="流失风险",
    item_kind="none",
    score_range=(0.0, 1.0),
    population="days_on_book >= 180 and customer_initiated_count_30d >= 1",
    features=(
        "days_since_last_activity",
        "mean_gap_days_180d",
        "customer_initiated_count_180d",
    ),
    baseline="models_ml.churn.baseline:score_silence",
)
BUILT_IN = (CLUSTERS, CHURN)


@cache
def slots() -> Mapping[str, Slot]:
    """All slots by name: the built-in ones, and those of installed packages."""
    found = {slot.name: slot for slot in BUILT_IN}
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        slot = entry.load()
        if slot.name in found:
            raise ModelError(
                expected="slot names that are unique",
                found=f"a second slot {slot.name}",
                where=f"entry point {entry.value}",
                remedy="rename it, or remove that package",
            )
        found[slot.name] = slot
    return MappingProxyType(found)


def slot_named(name: str) -> Slot:
    """The slot of a name.

    Raises:
        ModelError: there is none.
    """
    try:
        return slots()[name]
    except KeyError:
        raise ModelError(
            expected="one of " + ", ".join(sorted(slots())),
            found=name,
            where="slot",
            remedy="correct the name",
        ) from None


def resolve(reference: str) -> Callable[..., Any]:
    """The function that `module:function` names."""
    module, _, name = reference.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function
