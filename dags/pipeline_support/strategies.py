"""Checks strategy files against the tags and products of the warehouse, for the command line."""

from __future__ import annotations

from pathlib import Path

from campaigns.strategy_files import STRATEGY_DIR, load_strategies, warnings_of
from warehouse.connection import connect, relation_exists
from warehouse.errors import StrategyError
from warehouse.settings import Settings


def validate_folder(settings: Settings, folder: Path | None) -> str:
    """One line when all files are right, and one for each use of a deprecated tag.

    Raises:
        StrategyError: at least one problem, each with file, line and reason; or no night has run
            yet, so that there are no tags to check against.
    """
    with connect(settings) as connection:
        if not relation_exists(connection, "tags.customer_tags"):
            raise StrategyError(
                expected="tags to check audiences against",
                found="no table tags.customer_tags",
                where=settings.database_name,
                remedy="run a night first: make nightly",
            )
        found = load_strategies(connection, folder or STRATEGY_DIR)
    scenes = sorted({str(one.strategy.scene) for one in found})
    answer = f"{len(found)} strategies are right, scenes: {', '.join(scenes)}"
    warnings = [f"warning: {one}" for one in warnings_of(found, folder or STRATEGY_DIR)]
    return "\n".join([answer, *warnings])
