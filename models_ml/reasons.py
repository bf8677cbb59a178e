"""Reason codes of the built-in slots and their words, kept in `predictions.reason_codes`."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

import psycopg
import yaml


class ReasonCode(NamedTuple):
    """One code with its words."""

    reason_code: str
    slot: str
    label_en: str
    label_zh: str


CHURN_CODES = (
    ReasonCode(
        "SILENCE_LONG", "churn", "silent for two usual gaps or more", "沉默超过平时间隔两倍"
    ),
    ReasonCode("SILENCE_ABOVE_GAP", "churn", "silent for longer than usual", "沉默长于平时间隔"),
    ReasonCode("SILENCE_WITHIN_GAP", "churn", "silent no longer than usual", "沉默未超平时间隔"),
    ReasonCode("ACTIVE_TODAY", "churn", "active on that day", "当日有动账"),
    ReasonCode(
        "USUALLY_FREQUENT", "churn", "usually active every three days or more", "平时三天内必有动账"
    ),
)


def reason_codes() -> list[ReasonCode]:
    """All codes that a slot may write."""
    return [*_behaviour_codes(), *CHURN_CODES]


def write_reason_codes(connection: psycopg.Connection) -> None:
    """Make `predictions.reason_codes` hold today's words."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into predictions.reason_codes values (%s, %s, %s, %s) "
            "on conflict (reason_code) do update set slot = excluded.slot, "
            "label_en = excluded.label_en, label_zh = excluded.label_zh",
            reason_codes(),
        )


def _behaviour_codes() -> list[ReasonCode]:
    text = files("models_ml.clusters").joinpath("behaviour.yml").read_text(encoding="utf-8")
    return [
        ReasonCode(
            f"{row['code']}_{level.upper()}", "clusters", row[f"{level}_en"], row[f"{level}_zh"]
        )
        for row in yaml.safe_load(text)
        for level in ("high", "low")
    ]
