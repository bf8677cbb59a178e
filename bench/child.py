"""Running work in a fresh process while its time and memory are measured."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.events import Event, parse
from bench.memory import Peak, Sampler
from bench.place import clean_environment
from bench.results import Say
from warehouse.settings import PROJECT_DIR, Settings

_LAST_LINES = 15


class WorkFailedError(Exception):
    """A measured process ended with an error; the text ends with what it said last."""


@dataclass(frozen=True)
class Step:
    """One finished step, and the most memory of process and server together while it ran."""

    event: Event
    peak_mb: float


@dataclass(frozen=True)
class Done:
    """A finished process: its steps, its wall time, its memory.

    `python_mb` is the peak resident size of its largest process as the kernel counted it;
    `peak` is what sampling saw.
    """

    steps: list[Step]
    seconds: float
    python_mb: float
    peak: Peak

    @property
    def together_mb(self) -> float:
        """The most memory of process and server at one moment."""
        return max(self.peak.together_mb, self.python_mb)

    def seconds_of(self, part: str) -> float:
        """Seconds of the steps of one part."""
        return sum(step.event.seconds for step in self.steps if step.event.part == part)

    def parts(self) -> list[str]:
        """The parts in their order."""
        return list(dict.fromkeys(step.event.part for step in self.steps))


def work(settings: Settings, say: Say, *arguments: str) -> Done:
    """Run `python -m bench.work` with these settings.

    Raises:
        WorkFailedError: it ended with an error.
    """
    command = [sys.executable, "-m", "bench.work", *arguments]
    environment = clean_environment() | settings.environment()
    return run(command, PROJECT_DIR, environment, settings.postgres_dir, say)


def run(
    command: list[str],
    folder: Path,
    environment: Mapping[str, str],
    postgres_dir: Path,
    say: Say,
    *,
    on_text: Say | None = None,
) -> Done:
    """Run a command; `say` gets its steps, `on_text` every other line it prints.

    Raises:
        WorkFailedError: it ended with an error.
    """
    said: list[str] = []
    steps: list[Step] = []
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - commands of this package
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        with Sampler(process.pid, postgres_dir) as sampler:
            _listen(process, sampler, steps, _keeper(said, on_text), say)
            python_mb = _wait(process)
    finally:
        if process.returncode is None:
            process.terminate()
            process.wait()
    if process.returncode:
        raise WorkFailedError(
            f"{' '.join(command[1:])}: exit code {process.returncode}\n" + "\n".join(said)
        )
    return Done(steps, time.perf_counter() - started, python_mb, sampler.overall)


def _listen(
    process: subprocess.Popen[str], sampler: Sampler, steps: list[Step], keep: Say, say: Say
) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        event = parse(line)
        if event is None:
            keep(line.rstrip())
            continue
        steps.append(Step(event, sampler.take().together_mb))
        say(f"  {event.part:<10}  {event.step:<24} {event.seconds:8.2f} s  {event.text}")


def _keeper(said: list[str], on_text: Say | None) -> Callable[[str], None]:
    def keep(line: str) -> None:
        said.append(line)
        del said[:-_LAST_LINES]
        if on_text:
            on_text(line)

    return keep


def _wait(process: subprocess.Popen[str]) -> float:
    """Wait for the end and return the peak resident size in MiB (of it, or of a child of it)."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_maxrss / (1024 if sys.platform.startswith("linux") else 2**20)
