"""The model card: what a model was made of, how good it is, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from models_ml.slots import Slot


@dataclass(frozen=True)
class CardText:
    """The parts of a card that a person writes once per slot."""

    method: str
    limits: tuple[str, ...]


def render_card(
    slot: Slot,
    as_of_date: date,
    window_days: int,
    customers: int,
    text: CardText,
    figures: Mapping[str, object],
) -> str:
    """A model card in Markdown; it holds counts and figures, never a customer."""
    lines = [
        f"# {slot.label_en} ({slot.label_zh}): slot `{slot.name}`",
        "",
        f"- Data window: {window_days} days ending {as_of_date}, {customers:,} scorable customers "
        "(adults with a profiling basis).",
        f"- Method: {text.method}",
        f"- Features: {', '.join(slot.features)}.",
        f"- Output: score {slot.score_range[0]}–{slot.score_range[1]}, one row a {slot.entity}.",
        "",
        "## Figures",
        *(f"- {name}: {_figure(value)}" for name, value in figures.items()),
        "",
        "## Limits",
        *(f"- {limit}" for limit in text.limits),
    ]
    return "\n".join(lines) + "\n"


def _figure(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)
