"""YAML files that people write: every problem is told with file, line and reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

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
class YamlFile:
    """A file's content, and the line of each of its keys."""

    name: str
    data: Any
    lines: Mapping[Place, int]

    def problem(self, place: Iterable[str | int], reason: str) -> Problem:
        """A problem of a key, at its line or that of the nearest part above it.

        Where one entry may stand without its list, its number is not in the file: it is left out.
        """
        path = tuple(place)
        bare = tuple(part for part in path if isinstance(part, str))
        for names in (path, bare):
            if names in self.lines:
                return Problem(self.name, self.lines[names], reason)
        nearest = max(
            (
                names[:end]
                for names in (path, bare)
                for end in range(len(names))
                if names[:end] in self.lines
            ),
            key=len,
            default=(),
        )
        return Problem(self.name, self.lines.get(nearest, 1), reason)

    def validation_problems(self, error: ValidationError) -> list[Problem]:
        """What a pydantic model had to say, by line."""
        found = error.errors(include_url=False, include_input=False, include_context=False)
        return [
            self.problem(part["loc"], _words(part["type"], part["msg"], part["loc"]))
            for part in found
        ]


def read_yaml(path: Path) -> tuple[YamlFile | None, list[Problem]]:
    """A file's content, or why it has none: it is no YAML, or has a key twice."""
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return None, [Problem(path.name, _yaml_line(error), "cannot be read as YAML")]
    repeated = [Problem(path.name, line, f"key {key} twice") for key, line in _twice(node)]
    if repeated:
        return None, repeated
    return YamlFile(path.name, data, dict(_lines(node, ())) if node else {}), []


def _words(kind: str, message: str, place: Place) -> str:
    key = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        return f"unknown key {key}"
    if kind == "missing":
        return f"key {key} is missing"
    text = message.removeprefix("Value error, ")
    return f"{key}: {text}" if key else text


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
