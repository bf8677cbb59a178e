select
    versions.party_id,
    versions.party_type,
    versions.name_token,
    versions.document_no_token,
    versions.mobile_token,
    versions.email_token,
    versions.address_token,
    versions.gender,
    versions.birth_date,
    versions.occupation,
    versions.income_band,
    versions.marital_status,
    versions.has_children,
    versions.region,
    versions.branch_id,
    versions.relationship_manager_id,
    versions.opened_date,
    versions.closed_date,
    versions.is_staff,
    versions.is_deceased,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'customers') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'customers'), ['party_id']) }}
