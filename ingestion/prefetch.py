"""Work ahead in a second thread, so that parsing goes on while the database is busy."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T")


def prefetched(items: Iterator[T], depth: int = 2) -> Iterator[T]:
    """The same items in the same order; at most `depth` of them wait at any time.

    An error in `items` is raised where the item would have come. Leaving early ends the thread.
    """
    ready: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(maxsize=depth)
    stopped = threading.Event()
    worker = threading.Thread(target=_fill, args=(items, ready, stopped), daemon=True)
    worker.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        stopped.set()
        worker.join()


def _fill(
    items: Iterator[T],
    ready: queue.Queue[tuple[T | None, BaseException | None]],
    stopped: threading.Event,
) -> None:
    end: tuple[None, BaseException | None] = (None, None)
    try:
        for item in items:
            if not _offer(ready, (item, None), stopped):
                return
    except BaseException as error:  # handed to the reader, which raises it
        end = (None, error)
    _offer(ready, end, stopped)


def _offer(
    ready: queue.Queue[tuple[T | None, BaseException | None]],
    entry: tuple[T | None, BaseException | None],
    stopped: threading.Event,
) -> bool:
    while not stopped.is_set():
        try:
            ready.put(entry, timeout=0.1)
        except queue.Full:
            continue
        return True
    return False
