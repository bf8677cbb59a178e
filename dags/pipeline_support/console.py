"""What people see of long work: one line a step, each printed once; a live clock on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text


class Speaker:
    """Called with a line, prints it at once on the stream that was standard output at the start.

    Plain lines where the stream is no terminal; on a terminal, failures are red.
    """

    def __init__(self) -> None:
        self._console = Console(highlight=False, soft_wrap=True)
        self._console.file = self._console.file  # keep this stream when others are redirected
        self._clock: Progress | None = None

    def __call__(self, text: str) -> None:
        """Print one line and start the clock of the next one."""
        style = "bold red" if " FAILED" in text else ""
        self._console.print(Text(text, style=style), soft_wrap=True)
        self._console.file.flush()
        if self._clock is not None:
            self._clock.reset(self._clock.task_ids[0], description="next step")

    @contextmanager
    def working(self) -> Iterator[None]:
        """Show a clock under the last line while work goes on; nothing where no terminal is."""
        if not self._console.is_terminal:
            yield
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._clock = Progress(
            *columns,
            console=self._console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        with self._clock:
            self._clock.add_task("starting", total=None)
            yield
        self._clock = None
