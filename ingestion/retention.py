"""Deliveries that have been kept long enough: archived nights, and originals that were moved."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

from warehouse.settings import Settings


def remove_expired(settings: Settings, night: date) -> list[Path]:
    """Delete folders whose last day is more than the period set before `night`; returns them.

    Without `BANKLOOP_ARCHIVE_DAYS` and `BANKLOOP_ORIGINAL_DAYS` everything is kept: rebuilds read
    the archive.
    """
    periods = (
        (settings.archive_dir, settings.archive_days),
        (settings.originals_dir, settings.original_days),
    )
    expired = [
        folder
        for place, days in periods
        if days is not None
        for folder in sorted(place.glob("[0-9]*"))
        if _last_day(folder) < night - timedelta(days=days)
    ]
    for folder in expired:
        shutil.rmtree(folder)
    return expired


def _last_day(folder: Path) -> date:
    return date.fromisoformat(folder.name.partition("_")[2] or folder.name)
