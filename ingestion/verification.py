"""Everything that stops a night, checked on all files before a single row is loaded."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ingestion.closing import closed_feeds
from ingestion.contracts import Contract, load_contracts
from ingestion.hashes import Hashes, key_hashes, repeated
from ingestion.landing import Delivery, LandedFile, Landing
from ingestion.manifest import MANIFEST, ArchivedFile, Manifest, ManifestFile, read_manifest
from ingestion.parsing import Span
from ingestion.quarantine import counts_for_limit, refuse_above_limit
from ingestion.sources import parsed_chunks
from warehouse.connection import connect
from warehouse.errors import LandingError
from warehouse.settings import Settings

_log = logging.getLogger(__name__)


def verify(
    settings: Settings,
    folder: Path,
    business_date: date,
    feeds: Collection[str] | None = None,
    *,
    closed: Mapping[str, str] | None = None,
) -> Landing:
    """Verify a landing folder, or only some of its feeds (the withdrawal path does).

    Args:
        settings: gives source, currency and the limit of quarantined rows.
        folder: `landing/<D>`, `landing/<first>_<last>`, or the same in the archive.
        business_date: the night, or the last day of a historic landing.
        feeds: the feeds to verify; all by default. What the others are like does not matter.
        closed: feeds closed by an operator, with reasons; by default read from `ops.feed_status`.

    Raises:
        LandingError: anything of "what stops the night" (docs/feeds.md); nothing was loaded.
    """
    if closed is None:
        with connect(settings) as connection:
            closed = closed_feeds(connection, business_date)
    wanted = _wanted(feeds)
    if not (folder / MANIFEST).exists() and wanted <= closed.keys():
        span = Span(business_date, business_date, is_historic=False)
        return Landing(folder, span, None, {}, {}, {feed: closed[feed] for feed in sorted(wanted)})
    manifest = read_manifest(folder)
    _check_whose(settings, manifest, folder, business_date)
    if feeds is None:
        _check_whole(manifest, folder)
    _check_feeds(manifest, folder, wanted, closed)
    span = Span(manifest.first, manifest.last, manifest.is_historic)
    deliveries = {
        feed: _verify_feed(settings, folder, manifest, span, feed)
        for feed in sorted({entry.feed for entry in manifest.files} & wanted - closed.keys())
    }
    return Landing(
        folder=folder,
        span=span,
        manifest=manifest,
        deliveries=deliveries,
        absent={f: r for f, r in manifest.absent_feeds.items() if f in wanted - closed.keys()},
        closed={feed: reason for feed, reason in closed.items() if feed in wanted},
    )


def _wanted(feeds: Collection[str] | None) -> set[str]:
    known = set(load_contracts())
    if feeds is None:
        return known
    _refuse_unknown(set(feeds) - known, "the caller")
    return set(feeds)


def _check_whose(settings: Settings, manifest: Manifest, folder: Path, wanted: date) -> None:
    stated = (manifest.source, manifest.bank.currency_code)
    if manifest.last != wanted:
        raise _refused(folder, f"business date {wanted}", f"business date {manifest.last}")
    if stated != (settings.source, settings.currency_code):
        expected = f"source {settings.source} with currency {settings.currency_code}"
        raise _refused(folder, expected, f"source {stated[0]} with currency {stated[1]}")


def _check_whole(manifest: Manifest, folder: Path) -> None:
    """What concerns the delivery as a whole and not single feeds of it."""
    named = {entry.feed for entry in manifest.files} | manifest.absent_feeds.keys()
    _refuse_unknown(named - load_contracts().keys(), f"{folder.name}/{MANIFEST}")
    listed = {MANIFEST, *(entry.file for entry in manifest.files)}
    surplus = [path for path in folder.iterdir() if path.is_file() and path.name not in listed]
    if surplus and manifest.archived is None:
        _log.warning("%s: %d files that no manifest lists", folder.name, len(surplus))


def _check_feeds(
    manifest: Manifest, folder: Path, wanted: set[str], closed: Mapping[str, str]
) -> None:
    delivered = {entry.feed for entry in manifest.files}
    missing = sorted(wanted - delivered - manifest.absent_feeds.keys() - closed.keys())
    if missing:
        raise LandingError(
            expected="every feed delivered, declared absent or closed",
            found=f"nothing about {', '.join(missing)}",
            where=f"{folder.name}/{MANIFEST}",
            remedy="deliver it, declare it in absent_feeds, or close it: bankloop nightly "
            f"--date {manifest.last} --feed-missing {missing[0]} --reason ...",
        )
    for entry in manifest.files:
        if entry.feed in wanted - closed.keys():
            _check_path(folder, entry)


def _check_path(folder: Path, entry: ManifestFile) -> None:
    """A file must lie in its folder, also when links are followed."""
    root = folder.resolve()
    if not (root / entry.file).resolve().is_relative_to(root) or Path(entry.file).is_absolute():
        raise _refused(folder, "files inside the landing folder", f"a path of {entry.feed} outside")


def _verify_feed(
    settings: Settings, folder: Path, manifest: Manifest, span: Span, feed: str
) -> Delivery:
    contract = load_contracts()[feed]
    archived = {kept.file: kept for kept in manifest.archived or ()}
    files = [
        LandedFile(folder, entry, archived.get(entry.file))
        for entry in manifest.files
        if entry.feed == feed
    ]
    signature = _signature(files, span)
    delivery = _verified.get(signature)
    if delivery is None:
        delivery = _verified[signature] = _count_feed(files, contract, span)
        _log.info("%s: %d rows verified, %d to quarantine", feed, delivery.rows, delivery.rejected)
    refuse_above_limit(settings, feed, delivery.rows, delivery.limited, folder.name)
    return delivery


_Signature = tuple[object, ...]
_verified: dict[_Signature, Delivery] = {}
"""Deliveries found right by this process: the steps of a night verify the same files again."""


def forget_verified() -> None:
    """Forget what this process has verified."""
    _verified.clear()


def _signature(files: Sequence[LandedFile], span: Span) -> _Signature:
    """What must be unchanged for a verified delivery to be verified still."""
    places: list[tuple[object, ...]] = []
    for landed in files:
        for path, sha256 in _hashed_files(landed):
            try:
                found = path.stat()
            except OSError as error:
                raise _missing(landed, error) from None
            places.append((path, sha256, found.st_ino, found.st_size, found.st_mtime_ns))
        places.append((landed.entry.model_dump_json(),))
    return (span, *places)


def _count_feed(files: Sequence[LandedFile], contract: Contract, span: Span) -> Delivery:
    counts = [_count_file(landed, contract, span) for landed in files]
    return Delivery(
        contract=contract,
        files=tuple(files),
        rows=sum(c.rows for c in counts),
        rejected=sum(c.rejected for c in counts),
        limited=sum(c.limited for c in counts),
        unverified=frozenset(
            f.entry.file for f, c in zip(files, counts, strict=True) if c.unverified
        ),
        suspects=repeated([part for c in counts for part in c.hashes]),
    )


@dataclass
class _Count:
    rows: int = 0
    rejected: int = 0
    limited: int = 0
    control_sum: int = 0
    control_unknown: int = 0
    unverified: bool = False
    hashes: list[Hashes] = field(default_factory=list)


def _count_file(landed: LandedFile, contract: Contract, span: Span) -> _Count:
    _check_hash(landed)
    count = _Count()
    for chunk in parsed_chunks(landed, contract, span):
        count.rows += chunk.rows_read
        count.rejected += len(chunk.rejects)
        count.limited += counts_for_limit(chunk.rejects)
        count.control_sum += chunk.control_sum
        count.control_unknown += chunk.control_unknown
        count.hashes.append(key_hashes(chunk.rows, contract))
    _check_rows(landed, count.rows)
    _check_total(landed, contract, count)
    return count


def _check_hash(landed: LandedFile) -> None:
    for path, stated in _hashed_files(landed):
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise _missing(landed, error) from None
        if found != stated:
            raise _file_error(landed, f"sha256 {stated}", f"sha256 {found}")


def _hashed_files(landed: LandedFile) -> list[tuple[Path, str]]:
    kept: ArchivedFile | None = landed.archived
    if kept is None:
        return [(landed.path, landed.entry.sha256)]
    return [
        (landed.folder / kept.rows_file, kept.rows_sha256),
        (landed.folder / kept.rejects_file, kept.rejects_sha256),
    ]


def _check_rows(landed: LandedFile, found: int) -> None:
    if found != landed.entry.rows:
        raise _file_error(landed, f"{landed.entry.rows} rows", f"{found} rows")


def _check_total(landed: LandedFile, contract: Contract, count: _Count) -> None:
    name = contract.control_column
    stated = landed.entry.control_totals
    if set(stated) != set(contract.control_totals):
        expected = f"control totals for: {', '.join(contract.control_totals) or 'no column'}"
        raise _file_error(landed, expected, f"for: {', '.join(sorted(stated)) or 'no column'}")
    if name is None or count.control_sum == stated[name]:
        return
    if not count.control_unknown:
        expected = f"control total {stated[name]} of {name}"
        raise _file_error(landed, expected, f"control total {count.control_sum}")
    count.unverified = True


def _refuse_unknown(feeds: set[str], where: str) -> None:
    if feeds:
        raise LandingError(
            expected="feeds that have a contract",
            found=f"unknown: {', '.join(sorted(feeds))}",
            where=where,
            remedy="correct the name, or add ingestion/contracts/<feed>.yml",
        )


def _refused(folder: Path, expected: str, found: str) -> LandingError:
    return LandingError(
        expected=expected,
        found=found,
        where=f"{folder.name}/{MANIFEST}",
        remedy="deliver the right folder, or correct the manifest at the source",
    )


def _missing(landed: LandedFile, error: OSError) -> LandingError:
    return _file_error(landed, "the file that the manifest lists", error.strerror)


def _file_error(landed: LandedFile, expected: str, found: str | None) -> LandingError:
    return LandingError(
        expected=expected,
        found=found or "unreadable",
        where=f"{landed.entry.feed}: {landed.entry.file}",
        remedy="ask the source to deliver the file and its manifest again; nothing was loaded",
    )
