{{ config(pre_hook="{{ raw_key_index('app_events', ['event_id']) }}") }}

select
    versions.event_id,
    versions.party_id,
    versions.device_id_token,
    versions.session_id,
    versions.event_at,
    {{ business_date('versions.event_at') }} as event_date,
    versions.event_name,
    {{ unless_erased('versions.page') }} as page,
    versions.product_id,
    versions.source_campaign_id,
    versions.channel,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'app_events') }} as versions
{{ join_erased_parties('versions.party_id') }}
where {{ has_entered('versions') }}
