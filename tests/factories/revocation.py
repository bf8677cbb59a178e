"""A consent that is taken back on the day on which its customer is still on a list."""

from datetime import UTC, date, datetime, time
from pathlib import Path

from factories.landing_changes import add_rows
from factories.nights import rows

from warehouse.settings import Settings

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


def revoke_one(settings: Settings, delivery: Path, night: date) -> str:
    """Add a revocation to the delivery of `night`; returns the open list row that it is about."""
    ((list_row, party, purpose, channel, valid_from),) = rows(settings, _OPEN_ROW, night)
    moment = datetime.combine(night, time(4), UTC)
    revocation = {
        "party_id": party, "purpose": purpose, "channel": channel, "status": "revoked",
        "valid_from": valid_from, "revoked_at": moment, "updated_at": moment,
    }  # fmt: skip
    add_rows(delivery, "consents", [revocation])
    return str(list_row)
