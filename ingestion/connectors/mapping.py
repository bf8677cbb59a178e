"""Any tabular source as a landing folder, by a mapping file: `bankloop land --mapping FILE`."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from ingestion.connectors.file_source import find_files, read_file
from ingestion.connectors.landing_folder import (
    Part,
    PartWriter,
    finish_folder,
    manifest_entry,
    refuse_done,
)
from ingestion.connectors.mapped_rows import mapped_rows
from ingestion.connectors.mapping_file import read_mapping
from ingestion.connectors.mapping_schema import FeedSource, Mapping
from ingestion.connectors.sql_landing import TableReading
from ingestion.connectors.sql_source import source_engine
from ingestion.connectors.sql_state import ReadingState
from ingestion.contracts import Contract, load_contracts
from ingestion.landing import folder_name
from ingestion.manifest import MANIFEST
from ingestion.parsing import Span
from warehouse.errors import SettingsError
from warehouse.settings import Settings

_log = logging.getLogger(__name__)
STATE = "sql_state.json"


def land_mapped(settings: Settings, path: Path, span: Span) -> Path:
    """Write the landing of a span from the sources that a mapping file names.

    Files are looked for in `BANKLOOP_DATA`, else beside the mapping; databases are reached by
    `BANKLOOP_SOURCE_URL`. The folder appears in the inbox when it is complete; a killed read of a
    database goes on where it stopped. Memory is bounded by one page or chunk.

    Returns:
        The folder.

    Raises:
        BankloopError: the mapping has problems, or a source lacks something or cannot be read.
    """
    mapping = read_mapping(path)
    _refuse_other_bank(settings, mapping, path)
    refuse_done(settings.landing_dir, settings.archive_dir, span)
    name = folder_name(span.first, span.last)
    partial = settings.landing_dir / f".partial-{name}"
    state = ReadingState(settings.source_dir / "connector" / STATE)
    has_tables = any(one.is_database for sources in mapping.feeds.values() for one in sources)
    is_resumed = has_tables and state.begin(
        name, span.last, _sha256(path), lambda other: _is_complete(settings, other)
    )
    if not is_resumed:
        shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, exist_ok=True, mode=0o700)
    data_dir = settings.data or path.parent
    with ExitStack() as stack:
        writer = _Writer(settings, mapping, span, partial, data_dir, state, stack)
        parts = list(writer.parts())
    folder = finish_folder(
        partial,
        settings.landing_dir,
        span,
        mapping.source,
        mapping.bank,
        map(manifest_entry, parts),
        mapping.absent_feeds,
        mapping.profiling_basis,
    )
    if has_tables:
        state.finish()
    return folder


class _Writer:
    """Writes the files of all feeds of one landing."""

    def __init__(
        self,
        settings: Settings,
        mapping: Mapping,
        span: Span,
        folder: Path,
        data_dir: Path,
        state: ReadingState,
        stack: ExitStack,
    ) -> None:
        self._settings = settings
        self._mapping = mapping
        self._span = span
        self._folder = folder
        self._data_dir = data_dir
        self._state = state
        self._stack = stack

    def parts(self) -> Iterator[Part]:
        """The files of every feed, written one after another."""
        engine = None
        for feed, sources in sorted(self._mapping.feeds.items()):
            contract = load_contracts()[feed]
            for number, source in enumerate(sources):
                stem = f"{feed}-{number:02d}"
                if not source.is_database:
                    yield from self._file_parts(stem, contract, source)
                    continue
                engine = engine or self._stack.enter_context(
                    source_engine(self._settings.source_url)
                )
                yield from TableReading(
                    engine=engine,
                    state=self._state,
                    folder=self._folder,
                    stem=stem,
                    contract=contract,
                    source=source,
                    span=self._span,
                    zone=self._mapping.bank.time_zone,
                ).parts()

    def _file_parts(self, stem: str, contract: Contract, source: FeedSource) -> Iterator[Part]:
        found = find_files(source, self._data_dir, self._span.last)
        for number, path in enumerate(found):
            target = self._folder / f"{stem}-{number:06d}.parquet"
            writer = PartWriter(target, contract, self._span)
            zone = self._mapping.bank.time_zone
            for rows in read_file(contract.feed, source, path):
                writer.write(mapped_rows(source, contract, rows, self._span, zone))
            writer.close()
            yield Part(target, contract.feed, path.name)
        _log.info("%s: %d files read", stem, len(found))


def _refuse_other_bank(settings: Settings, mapping: Mapping, path: Path) -> None:
    stated = (mapping.source, mapping.bank.currency_code, mapping.bank.time_zone)
    wanted = (settings.source, settings.currency_code, settings.time_zone)
    if stated != wanted:
        raise SettingsError(
            expected="the settings to name the bank of the mapping file: source, currency, zone "
            f"{', '.join(stated)}",
            found=", ".join(wanted),
            where=path.name,
            remedy=f"set BANKLOOP_SOURCE={stated[0]} BANKLOOP_CURRENCY_CODE={stated[1]} "
            f"BANKLOOP_TIME_ZONE={stated[2]}",
        )


def _is_complete(settings: Settings, name: str) -> bool:
    folders = (settings.landing_dir / name, settings.archive_dir / name)
    return any((folder / MANIFEST).exists() for folder in folders)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
