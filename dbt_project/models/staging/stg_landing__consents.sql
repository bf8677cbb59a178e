select
    versions.party_id,
    versions.purpose,
    versions.channel,
    versions.status,
    versions.valid_from,
    versions.revoked_at,
    {{ business_date('versions.revoked_at') }} as revoked_date,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'consents') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'consents'), ['party_id', 'purpose', 'channel']) }}
