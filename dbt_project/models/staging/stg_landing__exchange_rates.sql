select versions.*
from {{ ref('stg_landing__exchange_rates_versions') }} as versions
where {{ is_latest_version('versions', source('raw', 'exchange_rates'), ['currency_code', 'rate_date']) }}
