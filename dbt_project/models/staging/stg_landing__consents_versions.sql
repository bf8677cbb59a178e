select
    versions.party_id,
    versions.purpose,
    versions.channel,
    versions.status,
    versions.valid_from,
    versions.revoked_at,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date,
    {{ known_from_date('versions') }} as known_from_date
from {{ source('raw', 'consents') }} as versions
where {{ has_entered('versions') }}
