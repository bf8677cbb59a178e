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
    make_private_dir(path.parent)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


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
