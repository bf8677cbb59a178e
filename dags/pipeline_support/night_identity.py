"""The name of a night: a hash of everything that decides its results."""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg

import models_ml
from ingestion.landing import Landing
from warehouse.settings import PROJECT_DIR, Settings

RULES = ("campaigns/strategies", "dbt_project/models", "dbt_project/seeds", "dbt_project/macros")


def name_night(settings: Settings, connection: psycopg.Connection, landing: Landing) -> str:
    """hash(D, manifest hash, rule hash, sha256 of the model files), 64 hex digits."""
    models = [
        models_ml.champion_digest(settings, slot, connection) for slot in sorted(models_ml.slots())
    ]
    parts = [landing.business_date.isoformat(), landing.manifest_sha256, rule_hash(), *models]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def rule_hash(root: Path = PROJECT_DIR) -> str:
    """sha256 over names and contents of all strategies, models, seeds and macros."""
    digest = hashlib.sha256()
    for folder in RULES:
        for file in sorted(p for p in (root / folder).rglob("*") if p.is_file()):
            digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()
