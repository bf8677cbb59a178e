"""Strategy files: every problem of every file is found, with file, line and reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml
from pydantic import ValidationError

from campaigns.expression import Audience, ExpressionError, Tag, parse_audience
from campaigns.product_rules import Product, product_problems, read_products
from campaigns.strategy import Strategy
from campaigns.tag_catalogue import read_tags
from warehouse.errors import StrategyError

STRATEGY_DIR = Path(__file__).resolve().parent / "strategies"
Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One reason to refuse a file; `line` counts from 1."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


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
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return None, [Problem(path.name, _yaml_line(error), "cannot be read as YAML")]
    lines = dict(_lines(node, ())) if node else {}
    repeated = [Problem(path.name, line, f"key {key} twice") for key, line in _twice(node)]
    if repeated:
        return None, repeated
    try:
        strategy = Strategy.model_validate(data)
    except ValidationError as error:
        return None, _validation_problems(path, error, lines)
    problems = _content_problems(path, strategy, lines, products)
    try:
        audience = parse_audience(strategy.audience, tags)
    except ExpressionError as error:
        reason = f"audience: {error}"
        return None, [*problems, Problem(path.name, _line(lines, ("audience",)), reason)]
    return (None if problems else CheckedStrategy(strategy, audience)), problems


def _content_problems(
    path: Path,
    strategy: Strategy,
    lines: Mapping[Place, int],
    products: Mapping[str, Product] | None,
) -> list[Problem]:
    problems = []
    if strategy.id != path.stem:
        problems.append(Problem(path.name, _line(lines, ("id",)), "the id is not the file's name"))
    if products is not None:
        for place, reason in product_problems(strategy, products):
            problems.append(Problem(path.name, _line(lines, place), reason))
    return problems


def _validation_problems(
    path: Path, error: ValidationError, lines: Mapping[Place, int]
) -> list[Problem]:
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        Problem(
            path.name, _line(lines, part["loc"]), _words(part["type"], part["msg"], part["loc"])
        )
        for part in found
    ]


def _words(kind: str, message: str, place: Place) -> str:
    key = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        return f"unknown key {key}"
    if kind == "missing":
        return f"key {key} is missing"
    text = message.removeprefix("Value error, ")
    return f"{key}: {text}" if key else text


def _line(lines: Mapping[Place, int], place: Iterable[str | int]) -> int:
    """Line of a key, or of the nearest part above it that the file has."""
    path = tuple(place)
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _lines(node: yaml.Node, place: Place) -> Iterable[tuple[Place, int]]:
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*place, str(key.value))
            yield from _lines(value, inner)
            yield inner, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _lines(value, (*place, number))


def _twice(node: yaml.Node | None) -> Iterable[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield str(key.value), key.start_mark.line + 1
            seen.add(key.value)
            yield from _twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _twice(value)


def _yaml_line(error: Exception) -> int:
    mark: Any = getattr(error, "problem_mark", None)
    return mark.line + 1 if mark else 1


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
