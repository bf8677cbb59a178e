select
    versions.suppression_id,
    versions.party_id,
    versions.scope,
    versions.scope_value,
    versions.reason,
    versions.valid_from,
    versions.valid_to,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'suppressions') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'suppressions'), ['suppression_id']) }}
