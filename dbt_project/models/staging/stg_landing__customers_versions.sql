{{ config(pre_hook="{{ raw_key_index('customers', ['party_id']) }}") }}

select
    versions.party_id,
    versions.party_type,
    {{ unless_erased('versions.name_token') }} as name_token,
    versions.document_no_token,
    versions.mobile_token,
    versions.email_token,
    {{ unless_erased('versions.address_token') }} as address_token,
    {{ unless_erased('versions.gender') }} as gender,
    {{ unless_erased('versions.birth_date') }} as birth_date,
    {{ unless_erased('versions.occupation') }} as occupation,
    {{ unless_erased('versions.income_band') }} as income_band,
    {{ unless_erased('versions.marital_status') }} as marital_status,
    {{ unless_erased('versions.has_children') }} as has_children,
    {{ unless_erased('versions.region') }} as region,
    {{ unless_erased('versions.branch_id') }} as branch_id,
    {{ unless_erased('versions.relationship_manager_id') }} as relationship_manager_id,
    versions.opened_date,
    versions.closed_date,
    versions.is_staff,
    versions.is_deceased,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date,
    {{ known_from_date('versions') }} as known_from_date
from {{ source('raw', 'customers') }} as versions
{{ join_erased_parties('versions.party_id') }}
where {{ has_entered('versions') }}
