"""A mapping file read and held against the contracts of its feeds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from ingestion.connectors.mapping_schema import ColumnRule, FeedSource, Mapping
from ingestion.contracts import Column, Contract, load_contracts
from warehouse.errors import ContractError
from warehouse.yaml_files import Place, Problem, read_yaml

GUIDE = "docs/connect-your-bank.md"


def read_mapping(path: Path) -> Mapping:
    """Read and check a mapping file, without looking at the source.

    Raises:
        ContractError: it is missing or has problems; each is named with file, line and reason.
    """
    if not path.is_file():
        raise refused([Problem(path.name, 1, "no such file")])
    file, unreadable = read_yaml(path)
    if file is None:
        raise refused(unreadable)
    try:
        mapping = Mapping.model_validate(file.data)
    except ValidationError as error:
        raise refused(file.validation_problems(error)) from None
    problems = [file.problem(place, reason) for place, reason in _problems(mapping)]
    if problems:
        raise refused(problems)
    return mapping


def refused(problems: list[Problem]) -> ContractError:
    """The error that names all problems of a mapping file."""
    return ContractError(
        expected="a mapping file that keeps the contracts of its feeds",
        found="; ".join(str(problem) for problem in problems),
        where=problems[0].file,
        remedy=f"correct the lines named; {GUIDE} says how a mapping is written",
    )


def _problems(mapping: Mapping) -> Iterator[tuple[Place, str]]:
    contracts = load_contracts()
    for feed in mapping.absent_feeds:
        if feed not in contracts:
            yield ("absent_feeds", feed), f"no such feed: {feed}"
        if feed in mapping.feeds:
            yield ("absent_feeds", feed), f"{feed} is mapped and declared absent"
    silent = sorted(contracts.keys() - mapping.feeds.keys() - mapping.absent_feeds.keys())
    if silent:
        yield ("absent_feeds",), f"neither mapped nor declared absent: {', '.join(silent)}"
    for feed, sources in mapping.feeds.items():
        if feed not in contracts:
            yield ("feeds", feed), f"no such feed: {feed}"
            continue
        for number, source in enumerate(sources):
            place: Place = ("feeds", feed, number)
            for inner, reason in _source_problems(source, contracts[feed]):
                yield (*place, *inner), reason
                break


def _source_problems(source: FeedSource, contract: Contract) -> Iterator[tuple[Place, str]]:
    known = {column.name: column for column in contract.columns}
    for name, rule in source.columns.items():
        if name not in known:
            yield ("columns", name), f"{contract.feed} has no column {name}"
            continue
        for reason in _rule_problems(rule, known[name]):
            yield ("columns", name), f"{name}: {reason}"
    missing = [c.name for c in contract.columns if not c.nullable and c.name not in source.columns]
    if missing:
        yield ("columns",), f"{contract.feed} needs {', '.join(missing)}"


def _rule_problems(rule: ColumnRule, column: Column) -> Iterator[str]:
    is_moment = column.type in ("date", "timestamp")
    if rule.format is not None and not is_moment:
        yield f"format is for dates and timestamps, this is a {column.type}"
    if rule.decimals is not None and column.type != "bigint":
        yield f"decimals is for amounts in minor units, this is a {column.type}"
    if rule.multiply is not None and column.type != "numeric":
        yield f"multiply is for numeric columns, this is a {column.type}"
    if rule.negative_when is not None and column.type not in ("bigint", "integer", "numeric"):
        yield f"negative_when is for numbers, this is a {column.type}"
    targets = {rule.constant, rule.otherwise, *rule.values.values()} - {None}
    wrong = sorted(str(target) for target in targets if target not in column.allowed)
    if column.allowed and wrong:
        yield f"{', '.join(wrong)} not among {', '.join(column.allowed)}"
