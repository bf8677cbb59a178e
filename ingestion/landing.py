"""What verification hands to loading: a landing folder whose files were all found to be right."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np

from ingestion.contracts import Contract
from ingestion.hashes import Hashes
from ingestion.manifest import MANIFEST, ArchivedFile, Manifest, ManifestFile
from ingestion.parsing import Span


@dataclass(frozen=True)
class LandedFile:
    """One file of a feed, in the inbox or (with `archived`) in the archive."""

    folder: Path
    entry: ManifestFile
    archived: ArchivedFile | None = None

    @property
    def path(self) -> Path:
        """Where the delivered file lies."""
        return self.folder / self.entry.file


@dataclass(frozen=True)
class Delivery:
    """All files of one feed, counted."""

    contract: Contract
    files: tuple[LandedFile, ...]
    rows: int = 0
    rejected: int = 0
    limited: int = 0
    """Rejected rows that count for the limit of the quarantined share."""
    unverified: frozenset[str] = frozenset()
    """Files whose control total differs only by rows whose value cannot be read."""
    suspects: Hashes = field(default_factory=lambda: np.empty(0, np.uint64))
    """Key hashes that occur more than once in the delivery, sorted."""


@dataclass(frozen=True)
class Landing:
    """A verified landing folder: what is delivered, what is absent, what an operator closed."""

    folder: Path
    span: Span
    manifest: Manifest | None
    deliveries: dict[str, Delivery]
    absent: dict[str, str]
    closed: dict[str, str]

    @property
    def business_date(self) -> date:
        """The date of the run that loads it."""
        return self.span.last

    @property
    def is_archived(self) -> bool:
        """Whether it is read from the archive."""
        return self.manifest is not None and self.manifest.archived is not None

    @property
    def profiling_basis(self) -> str | None:
        """The source's own basis for profiling, if it states one."""
        return self.manifest.profiling_basis if self.manifest else None

    @property
    def manifest_sha256(self) -> str:
        """Hash of what the source stated: the same for the inbox and its archive."""
        if self.manifest is None:
            return hashlib.sha256(b"no manifest").hexdigest()
        stated = self.manifest.model_copy(update={"archived": None})
        return hashlib.sha256(stated.model_dump_json().encode()).hexdigest()

    @property
    def feeds(self) -> tuple[str, ...]:
        """Every feed it accounts for, in alphabetical order."""
        return tuple(sorted({*self.deliveries, *self.absent, *self.closed}))


def folder_name(first: date, last: date) -> str:
    """`2024-05-01` for a night, `2024-01-01_2024-04-29` for a historic landing."""
    return first.isoformat() if first == last else f"{first.isoformat()}_{last.isoformat()}"


def find_landing(landing_dir: Path, archive_dir: Path, first: date, last: date) -> Path:
    """Folder of a landing: the inbox, or the archive where the inbox is gone.

    A folder that was never delivered is returned as its place in the inbox.
    """
    inbox = landing_dir / folder_name(first, last)
    archived = archive_dir / inbox.name
    return archived if not (inbox / MANIFEST).exists() and archived.exists() else inbox
