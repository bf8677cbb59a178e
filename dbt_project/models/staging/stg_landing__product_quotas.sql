select
    versions.quota_date,
    versions.product_id,
    versions.region,
    versions.quota,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'product_quotas') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'product_quotas'), ['quota_date', 'product_id', 'region']) }}
