select
    versions.party_id,
    versions.status_date,
    versions.overdue_days,
    versions.open_rejection_date,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'credit_status') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'credit_status'), ['party_id', 'status_date']) }}
