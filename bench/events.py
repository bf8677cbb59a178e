"""The lines by which a measured process tells the one that measures it what it has finished."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass

_MARK = "bench-event "


@dataclass(frozen=True)
class Event:
    """One finished step of a part (a night, the history); `count` is rows, where they matter."""

    part: str
    step: str
    seconds: float
    count: int = 0
    text: str = ""


def emit(event: Event) -> None:
    """Say on standard output that a step is finished."""
    sys.stdout.write(f"{_MARK}{json.dumps(asdict(event))}\n")
    sys.stdout.flush()


def parse(line: str) -> Event | None:
    """The event of a line, or None for anything else that a process prints."""
    if not line.startswith(_MARK):
        return None
    return Event(**json.loads(line.removeprefix(_MARK)))
