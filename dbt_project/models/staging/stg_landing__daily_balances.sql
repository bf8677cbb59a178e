select versions.*
from {{ ref('stg_landing__daily_balances_versions') }} as versions
where {{ is_latest_version('versions', source('raw', 'daily_balances'), ['account_id', 'balance_date']) }}
