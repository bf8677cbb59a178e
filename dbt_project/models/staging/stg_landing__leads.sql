select
    versions.lead_id,
    versions.party_id,
    versions.product_id,
    versions.from_role,
    versions.to_role,
    versions.handed_at,
    {{ business_date('versions.handed_at') }} as handed_date,
    versions.accepted_at,
    {{ business_date('versions.accepted_at') }} as accepted_date,
    versions.outcome,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'leads') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'leads'), ['lead_id']) }}
