"""Memory of a tree of processes and of the embedded server, sampled from /proc while they work."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

PROC = Path("/proc")
_EVERY_SECONDS = 0.5


@dataclass(frozen=True)
class Peak:
    """The most memory seen, in MiB (proportional set size: shared pages count once)."""

    work_mb: float = 0.0
    server_mb: float = 0.0
    together_mb: float = 0.0

    def highest(self, other: Peak) -> Peak:
        """The larger value of each."""
        return Peak(
            max(self.work_mb, other.work_mb),
            max(self.server_mb, other.server_mb),
            max(self.together_mb, other.together_mb),
        )


class Sampler:
    """Samples twice a second between `with` and its end; elsewhere than on Linux sees nothing."""

    def __init__(self, pid: int, postgres_dir: Path) -> None:
        self._pid = pid
        self._postgres_dir = postgres_dir
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._since = Peak()
        self.overall = Peak()

    def __enter__(self) -> Sampler:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def take(self) -> Peak:
        """The peak since the last call; samples at once, so that a short step is seen too."""
        self._sample()
        with self._lock:
            peak, self._since = self._since, Peak()
        return peak

    def _run(self) -> None:
        while not self._stopped.wait(_EVERY_SECONDS):
            self._sample()

    def _sample(self) -> None:
        children = _children()
        work = _total_mb(_tree(self._pid, children))
        postmaster = _postmaster(self._postgres_dir)
        server = _total_mb(_tree(postmaster, children)) if postmaster else 0.0
        seen = Peak(work, server, work + server)
        with self._lock:
            self._since = self._since.highest(seen)
            self.overall = self.overall.highest(seen)


def _children() -> dict[int, list[int]]:
    """Processes by the process that started them."""
    found: dict[int, list[int]] = {}
    for stat in PROC.glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue
        found.setdefault(parent, []).append(int(stat.parent.name))
    return found


def _tree(pid: int, children: dict[int, list[int]]) -> list[int]:
    members = [pid]
    for member in members:
        members.extend(children.get(member, []))
    return members


def _total_mb(pids: Iterable[int]) -> float:
    return sum(_memory_kb(pid) for pid in pids) / 1024


def _memory_kb(pid: int) -> int:
    """Proportional set size of a process in KiB; 0 when it is gone or another user's."""
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _postmaster(postgres_dir: Path) -> int | None:
    try:
        home = Path((postgres_dir / "home").read_text().strip())
        return int((home / "data" / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
