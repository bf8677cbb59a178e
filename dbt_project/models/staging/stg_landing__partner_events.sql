select
    versions.partner_event_id,
    versions.party_id,
    versions.partner,
    versions.event_name,
    versions.event_at,
    {{ business_date('versions.event_at') }} as event_date,
    versions.consent_purpose,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'partner_events') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'partner_events'), ['partner_event_id']) }}
