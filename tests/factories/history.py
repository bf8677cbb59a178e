"""The shared history: 400 days in one pass, then twelve nights of faults and operator actions.

The history holds a leap day and the nights cross a year end. What each start of a night came to is
kept as an `Attempt`; the tests say what it had to come to.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from factories.copies import rename, set_aside
from factories.equality import Content, everything
from factories.landing_changes import add_delivery, add_rows, declare_absent, falsify_hash
from factories.nights import QUICK, Attempt, land, play
from factories.revocation import revoke_one

from dags.pipeline_support import historic, practice
from dags.pipeline_support.params import NightlyParams
from ingestion.contracts import load_contracts
from simulator import canaries, simulate_history
from simulator.lists import published_lists
from warehouse import ledger
from warehouse.settings import Settings

CUSTOMERS = 1_000
HISTORY_DAYS = 400
NIGHTS = tuple(date(2024, 12, 24) + timedelta(days=ahead) for ahead in range(12))
FIRST = NIGHTS[0] - timedelta(days=HISTORY_DAYS)
LAST_HISTORIC = NIGHTS[0] - timedelta(days=1)

(CONFLICT, REPEATED, TRANSPORT, CONTENT, ROWS, TIMES, FILES, CONSENTS,
 MISSING_DAY, ABSENT, TWICE, LAST) = NIGHTS  # fmt: skip
REFUSED_AT_ONCE = ("missing_manifest", "malformed_manifest")
"""Faults that leave the withdrawal path without its feeds: lists stay blocked."""
REFUSED_FILES = ("wrong_hash", "wrong_row_count", "wrong_control_total", "unknown_feed")
REFUSED_LATER = (*REFUSED_FILES, "missing_column", "bad_encoding", "missing_feed")
"""Faults in feeds that withdrawals do not need: lists are open again when the night stops."""
ACCEPTED = {
    CONFLICT: ("conflicting_key",),
    REPEATED: ("duplicate_rows", "resent_rows", "gb18030"),
    ROWS: ("wrong_type", "undecodable_field", "unknown_currency"),
    TIMES: ("late_rows", "corrected_rows", "dated_after_night"),
    FILES: ("compressed_csv", "empty_file", "malformed_value"),
}  # fmt: skip
"""Faults with which the night is published, by the night that has them."""
CANARY_REFUSED = 2
"""Which canary is named by a refused row."""
LOST_DAY = "nothing was delivered"
EVE, FINISHED = "history_eve", "history_finished"


@dataclass
class History:
    """The finished bank, the bank on the eve of its last night, and the diary of the nights."""

    settings: Settings
    eve: Settings
    """The last night's delivery is in the inbox; tests run it in copies of this bank."""
    attempts: list[Attempt] = field(default_factory=list)
    first_time: Content = field(default_factory=dict)
    second_time: Content = field(default_factory=dict)
    undisturbed: Content = field(default_factory=dict)
    """The bank after its last night, in whose way nothing came."""
    lists: dict[date, pa.Table] = field(default_factory=dict)
    """What the bank worked on each night's day, as last delivered."""
    revoked_row: str = ""
    """The open list row whose customer takes its consent back on the last day."""

    def attempt(self, label: str) -> Attempt:
        """The one start of a night with this label."""
        (found,) = [attempt for attempt in self.attempts if attempt.label == label]
        return found

    def evening_before(self, night: date) -> frozenset[str]:
        """Rows that could be read when the night before was published."""
        return [a for a in self.attempts if a.night < night and a.error is None][-1].open_rows


def build(settings: Settings) -> History:
    """Live the whole history in the database and folders of `settings`."""
    practice.prepare_warehouse(settings)
    folder = simulate_history(settings)
    for _ in historic.run(settings, folder, QUICK):
        pass
    keeper = _Keeper(History(settings, eve=settings))
    for night in NIGHTS:
        _STORIES.get(night, _Keeper.plain)(keeper, night)
        told = [attempt for attempt in keeper.history.attempts if attempt.night == night]
        assert any(attempt.error is None for attempt in told), told[-1].error
    keeper.history.settings = rename(settings, FINISHED)
    return keeper.history


class _Keeper:
    """Lands days and runs nights, writing the diary."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.settings = history.settings
        self.lost = self.settings.var_dir / "lost"

    def plain(self, night: date) -> None:
        """A night with the faults that it can be published with."""
        self.land(night, *ACCEPTED.get(night, ()))
        self.play(night, "published")

    def refused_transport(self, night: date) -> None:
        """A delivery that is wrong in one way after the other, then right."""
        for fault in (*REFUSED_AT_ONCE, *REFUSED_FILES):
            self.land(night, fault)
            self.play(night, fault)
        self.land(night)
        self.play(night, "redelivered")

    def refused_content(self, night: date) -> None:
        """Files that cannot be read; at last surveys are given up and closed by hand."""
        for fault in REFUSED_LATER[len(REFUSED_FILES) :]:
            self.land(night, fault)
            self.play(night, fault)
        self.play(night, "closed feed", closed={"surveys": "the survey tool is down"})

    def refused_consents(self, night: date) -> None:
        """A refused withdrawal feed, an attempt given up in the middle, a date too early."""
        self.land(night)
        falsify_hash(self.folder(night), "consents")
        self.play(night, "consents refused")
        self.land(night)
        self.play(night, "stopped in the middle", upto="build_staging")
        self.play(night + timedelta(days=1), "while another is unfinished")
        ledger.abandon(self.settings, night, "the operator gave it up")
        self.play(night + timedelta(days=1), "after an abandoned night")
        self.play(night, "after abandoning")

    def missing_day(self, night: date) -> None:
        """A day on which nothing comes: every feed is closed."""
        self.land(night)
        self.folder(night).rename(self.lost)
        self.play(night, "nothing delivered")
        self.play(night, "all feeds closed", closed=dict.fromkeys(load_contracts(), LOST_DAY))

    def absent_suppressions(self, night: date) -> None:
        """A feed that the source declares absent; the others bring what the lost day had."""
        self.land(night)
        declare_absent(self.folder(night), "suppressions", "no extract today")
        add_delivery(self.folder(night), self.lost)
        shutil.rmtree(self.lost)
        self.play(night, "suppressions absent")

    def same_night_twice(self, night: date) -> None:
        """A published night once more, from the archive; then one that is out of order."""
        self.land(night)
        self.play(night, "the first time")
        self.history.first_time = everything(self.settings)
        self.play(night, "the second time")
        self.history.second_time = everything(self.settings)
        self.play(night - timedelta(days=1), "an older night")

    def canary_refused(self, night: date) -> None:
        """A row that is refused, and whose text names a canary, beside late and early ones."""
        self.land(night, *ACCEPTED[night])
        transactions = self.folder(night) / "transactions.parquet"
        (row,) = pq.read_table(transactions).slice(0, 1).to_pylist()
        name = canaries(self.settings.seed)[CANARY_REFUSED].name
        changes = {"transaction_id": "T-canary", "transaction_type": "gift", "channel": name}
        add_rows(self.folder(night), "transactions", [row | changes])
        self.play(night, "published")

    def last(self, night: date) -> None:
        """The last night, with dbt's data tests and one consent taken back."""
        self.land(night)
        revoked = revoke_one(self.settings, self.folder(night), night)
        self.history.revoked_row = revoked
        self.history.eve = set_aside(self.settings, EVE)
        self.play(night, "published", params=NightlyParams())
        self.history.undisturbed = everything(self.settings)

    def land(self, night: date, *faults: str) -> None:
        """Deliver a day (again); the bank works the lists of the evening before."""
        lists = published_lists(self.settings, night)
        self.history.lists[night] = lists
        land(self.settings, night, lists, *faults)

    def play(
        self,
        night: date,
        label: str,
        *,
        params: NightlyParams = QUICK,
        closed: dict[str, str] | None = None,
        **others: Any,
    ) -> None:
        """Start a night and write down what came of it."""
        if closed:
            params = params.model_copy(update={"missing_feeds": closed})
        name = label if label != "published" else f"{label} {night}"
        self.history.attempts.append(play(self.settings, night, name, params, **others))

    def folder(self, night: date) -> Path:
        """The inbox of a night."""
        return self.settings.landing_dir / night.isoformat()


_STORIES: dict[date, Callable[[_Keeper, date], None]] = {
    TRANSPORT: _Keeper.refused_transport,
    CONTENT: _Keeper.refused_content,
    TIMES: _Keeper.canary_refused,
    CONSENTS: _Keeper.refused_consents,
    MISSING_DAY: _Keeper.missing_day,
    ABSENT: _Keeper.absent_suppressions,
    TWICE: _Keeper.same_night_twice,
    LAST: _Keeper.last,
}
