"""Files that only their owner may read, written so that a crash leaves the old or the new one."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def make_private_dir(path: Path) -> Path:
    """Create a folder with mode 0700 (parents as the umask says) and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def write_private(path: Path, text: str) -> None:
    """Write a file with mode 0600, atomically."""
    replace_private(path, lambda beside: beside.write_text(text, encoding="utf-8"))


def replace_private(path: Path, write: Callable[[Path], object]) -> None:
    """Give `write` an empty file of mode 0600 to fill, and `path` that file once it is whole."""
    make_private_dir(path.parent)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    beside.touch(mode=0o600, exist_ok=False)
    try:
        write(beside)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read_or_create(path: Path, create: Callable[[], str]) -> str:
    """Read a private file; the first process to ask creates it, all others read the same text."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        pass
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    write_private(beside, create())
    try:
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    return path.read_text().strip()
