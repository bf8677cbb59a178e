"""The delivery of the night after the history: a plain day, but one consent is taken back."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

from factories.history import NEXT, History
from factories.landing_changes import add_rows
from factories.nights import land, rows

from simulator.lists import published_lists

_OPEN_ROW = """
    select open_rows.list_row_id, open_rows.party_id, campaigns.purpose, open_rows.channel,
        consents.valid_from
    from publication.open_rows
    inner join activation.campaigns using (campaign_id)
    inner join raw.consents
        on consents.party_id = open_rows.party_id and consents.purpose = campaigns.purpose
        and consents.channel = open_rows.channel and consents.status = 'granted'
    where open_rows.expires_date > %s
    order by open_rows.list_row_id, consents.updated_at desc
    limit 1
"""


@dataclass(frozen=True)
class NextNight:
    """The delivered folder, and the open list row whose customer revoked its consent."""

    delivery: Path
    revoked_row: str


def prepare(history: History, folder: Path) -> NextNight:
    """Simulate the day outside the bank's own folders and add the revocation."""
    bank = history.settings.model_copy(update={"var_dir": folder})
    bank.simulator_dir.parent.mkdir(parents=True)
    bank.simulator_dir.symlink_to(history.settings.simulator_dir)
    land(bank, NEXT, published_lists(history.settings, NEXT))
    ((list_row, party, purpose, channel, valid_from),) = rows(history.settings, _OPEN_ROW, NEXT)
    moment = datetime.combine(NEXT, time(4), UTC)
    revocation = {
        "party_id": party, "purpose": purpose, "channel": channel, "status": "revoked",
        "valid_from": valid_from, "revoked_at": moment, "updated_at": moment,
    }  # fmt: skip
    delivery = bank.landing_dir / NEXT.isoformat()
    add_rows(delivery, "consents", [revocation])
    return NextNight(delivery, list_row)
