select
    versions.currency_code,
    versions.rate_date,
    versions.rate,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'exchange_rates') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'exchange_rates'), ['currency_code', 'rate_date']) }}
