"""The personas of the rule baseline, written into the persona registry like those of a model."""

from __future__ import annotations

import psycopg

from models_ml.slots import BASELINE_NAME, BASELINE_VERSION

RULE_PERSONAS: tuple[tuple[str, str, str, str], ...] = (
    ("rule_quiet", "quiet", "沉寂", "ACTIVITY_LOW"),
    ("rule_digital", "digital", "数字型", "SESSIONS_HIGH"),
    ("rule_counter", "counter and cash", "柜面现金型", "CASH_HIGH"),
    ("rule_card", "card payer", "刷卡型", "CARD_HIGH"),
    ("rule_mixed", "mixed", "混合型", ""),
)


def write_rule_personas(connection: psycopg.Connection) -> None:
    """Make `predictions.personas` know what the rule may give."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into predictions.personas (model_name, model_version, persona_id, label_en, "
            "label_zh, top_features) values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
            [(BASELINE_NAME, BASELINE_VERSION, *row) for row in RULE_PERSONAS],
        )
