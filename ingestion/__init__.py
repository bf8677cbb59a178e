"""Landing files in: contracts, verification, parsing, quarantine, load and archive."""

from ingestion.archive import archive
from ingestion.audit import LoadAudit
from ingestion.closing import close_day, close_feed, closed_feeds, reopen_feed
from ingestion.contracts import Contract, load_contracts
from ingestion.landing import Landing, find_landing, folder_name
from ingestion.load import load_feeds
from ingestion.raw_tables import create_raw_tables
from ingestion.verification import verify

__all__ = [
    "Contract",
    "Landing",
    "LoadAudit",
    "archive",
    "close_day",
    "close_feed",
    "closed_feeds",
    "create_raw_tables",
    "find_landing",
    "folder_name",
    "load_contracts",
    "load_feeds",
    "reopen_feed",
    "verify",
]
