"""Strategy files: every problem of every file is found, with file, line and reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from pydantic import ValidationError

from campaigns.expression import Audience, ExpressionError, Tag, parse_audience
from campaigns.product_rules import Product, product_problems, read_products
from campaigns.strategy import Strategy
from campaigns.tag_catalogue import read_tags
from warehouse.errors import StrategyError
from warehouse.yaml_files import Problem, YamlFile, read_yaml

STRATEGY_DIR = Path(__file__).resolve().parent / "strategies"


@dataclass(frozen=True)
class CheckedStrategy:
    """A strategy that passed every check, with its compiled audience."""

    strategy: Strategy
    audience: Audience


def validate_strategies(
    tags: Mapping[str, Tag],
    products: Mapping[str, Product] | None = None,
    folder: Path = STRATEGY_DIR,
) -> list[CheckedStrategy]:
    """Read and check every file of a folder; ordered by strategy id.

    Args:
        tags: the tag catalogue by name.
        products: the product catalogue by id; None leaves out what needs it.
        folder: where the `.yml` files are.

    Raises:
        StrategyError: at least one problem; the message names each with file, line and reason.
    """
    checked: list[CheckedStrategy] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yml")):
        found, wrong = check_file(path, tags, products)
        problems.extend(wrong)
        if found:
            checked.append(found)
    problems.extend(_repeated(checked))
    if problems:
        raise _refused(problems, folder)
    return sorted(checked, key=lambda one: one.strategy.id)


def warnings_of(
    strategies: Iterable[CheckedStrategy], folder: Path = STRATEGY_DIR
) -> list[Problem]:
    """What is allowed and should end: audiences that use a deprecated tag, by file and line."""
    found = []
    for one in strategies:
        leaving = sorted(one.audience.deprecated_tags)
        file = read_yaml(folder / f"{one.strategy.id}.yml")[0] if leaving else None
        if file is not None:
            found += [
                file.problem(("audience",), f"audience: deprecated tag {tag}") for tag in leaving
            ]
    return found


def load_strategies(
    connection: psycopg.Connection[Any], folder: Path = STRATEGY_DIR
) -> list[CheckedStrategy]:
    """Read and check every strategy against the warehouse's own tags and products.

    Raises:
        StrategyError: at least one problem, see `validate_strategies`.
    """
    return validate_strategies(read_tags(connection), read_products(connection), folder)


def check_file(
    path: Path, tags: Mapping[str, Tag], products: Mapping[str, Product] | None = None
) -> tuple[CheckedStrategy | None, list[Problem]]:
    """Check one file: the strategy if it is right, else all its problems."""
    file, unreadable = read_yaml(path)
    if file is None:
        return None, unreadable
    try:
        strategy = Strategy.model_validate(file.data)
    except ValidationError as error:
        return None, file.validation_problems(error)
    problems = _content_problems(path, strategy, file, products)
    try:
        audience = parse_audience(strategy.audience, tags)
    except ExpressionError as error:
        return None, [*problems, file.problem(("audience",), f"audience: {error}")]
    return (None if problems else CheckedStrategy(strategy, audience)), problems


def _content_problems(
    path: Path,
    strategy: Strategy,
    file: YamlFile,
    products: Mapping[str, Product] | None,
) -> list[Problem]:
    problems = []
    if strategy.id != path.stem:
        problems.append(file.problem(("id",), "the id is not the file's name"))
    if products is not None:
        for place, reason in product_problems(strategy, products):
            problems.append(file.problem(place, reason))
    return problems


def _repeated(checked: Iterable[CheckedStrategy]) -> list[Problem]:
    scripts: dict[str, str] = {}
    problems = []
    for one in checked:
        for script in one.strategy.scripts.values():
            other = scripts.setdefault(script.id, one.strategy.id)
            if other != one.strategy.id:
                reason = f"script id {script.id} is used by {other} too"
                problems.append(Problem(f"{one.strategy.id}.yml", 1, reason))
    return problems


def _refused(problems: list[Problem], folder: Path) -> StrategyError:
    return StrategyError(
        expected="strategy files without a problem",
        found="; ".join(str(problem) for problem in problems),
        where=folder.name,
        remedy="correct the lines named; docs/campaigns.md says how a strategy is written",
    )
