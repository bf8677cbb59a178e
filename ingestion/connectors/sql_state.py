"""What was read from a source database so far: one window of watermarks a feed and landing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ingestion.connectors.sql_values import Window, decode, encode
from warehouse.errors import LandingError
from warehouse.private_files import write_private


@dataclass
class _Landing:
    name: str
    last: date
    mapping: str
    is_done: bool = False
    windows: dict[str, Window] = field(default_factory=dict)


class ReadingState:
    """The landings read so far, kept in one small file; it holds watermarks and no rows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._landings = (
            [_read(one) for one in json.loads(path.read_text())] if path.exists() else []
        )

    def begin(self, name: str, last: date, mapping: str, exists: Callable[[str], bool]) -> bool:
        """Start a landing, or go on with it; True when what was read of it before can be used.

        Args:
            name: of the landing folder.
            last: its business date.
            mapping: hash of the mapping file: another one reads the same windows anew.
            exists: whether a landing folder of a name is complete, in the inbox or the archive.

        Raises:
            LandingError: another landing is unfinished, or a later one was read.
        """
        others = [one for one in self._landings if one.name != name]
        for other in others:
            if not other.is_done and exists(other.name):
                other.is_done = True
            if not other.is_done or other.last >= last:
                raise _out_of_order(name, other)
        known = next((one for one in self._landings if one.name == name), None)
        if known is None:
            self._landings.append(_Landing(name, last, mapping))
        is_resumed = known is not None and not known.is_done and known.mapping == mapping
        current = self._landings[-1]
        current.mapping, current.is_done = mapping, False
        self._write()
        return is_resumed

    def window(self, feed: str) -> Window | None:
        """The window of a feed in this landing, if it was fixed already."""
        return self._landings[-1].windows.get(feed)

    def lower(self, feed: str) -> Any | None:  # noqa: ANN401 - whatever the watermark holds
        """Where the last landing that read this feed ended."""
        ends = [one.windows[feed].upper for one in self._landings[:-1] if feed in one.windows]
        known = [end for end in ends if end is not None]
        return known[-1] if known else None

    def keep(self, feed: str, window: Window) -> None:
        """Fix the window of a feed before its first row is read."""
        self._landings[-1].windows[feed] = window
        self._write()

    def finish(self) -> None:
        """The landing is complete."""
        self._landings[-1].is_done = True
        self._write()

    def _write(self) -> None:
        kept = [_written(one) for one in self._landings]
        write_private(self._path, json.dumps(kept, indent=1))


def _read(kept: dict[str, Any]) -> _Landing:
    windows = {feed: Window(*decode(text)) for feed, text in kept["windows"].items()}
    last = date.fromisoformat(kept["last"])
    return _Landing(kept["name"], last, kept["mapping"], kept["is_done"], windows)


def _written(one: _Landing) -> dict[str, Any]:
    windows = {feed: encode([kept.lower, kept.upper]) for feed, kept in one.windows.items()}
    return {**vars(one), "last": one.last.isoformat(), "windows": windows}


def _out_of_order(name: str, other: _Landing) -> LandingError:
    state = "read" if other.is_done else "begun and not finished"
    return LandingError(
        expected=f"landings in the order of their dates; {name} comes after all others",
        found=f"{other.name} was {state}",
        where="state of the source's reading",
        remedy=f"finish it: bankloop land --mapping FILE --date {other.last}"
        if not other.is_done
        else f"land the day after {other.last}",
    )
