{{ config(pre_hook="{{ raw_key_index('leads', ['lead_id']) }}") }}

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
    {{ unless_erased('versions.outcome') }} as outcome,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'leads') }} as versions
{{ join_erased_parties('versions.party_id') }}
where {{ has_entered('versions') }}
