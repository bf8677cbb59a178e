{{ config(pre_hook="{{ raw_key_index('campaign_assignments', ['assignment_id']) }}") }}

select
    versions.assignment_id,
    versions.campaign_id,
    versions.campaign_type,
    versions.party_id,
    versions.product_id,
    versions.channel,
    versions.arm,
    versions.assignment_probability,
    versions.assigned_date,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'campaign_assignments') }} as versions
where {{ has_entered('versions') }}
