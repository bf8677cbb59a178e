select
    versions.response_id,
    versions.contact_id,
    versions.responded_at,
    {{ business_date('versions.responded_at') }} as responded_date,
    versions.response,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'responses') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'responses'), ['response_id']) }}
