{{ config(pre_hook="{{ raw_key_index('branch_visits', ['visit_id']) }}") }}

select
    versions.visit_id,
    versions.party_id,
    versions.branch_id,
    versions.visited_at,
    {{ business_date('versions.visited_at') }} as visit_date,
    {{ unless_erased('versions.purpose') }} as purpose,
    {{ unless_erased('versions.served_by') }} as served_by,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'branch_visits') }} as versions
{{ join_erased_parties('versions.party_id') }}
where {{ has_entered('versions') }}
