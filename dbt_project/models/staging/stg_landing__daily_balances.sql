select
    versions.account_id,
    versions.balance_date,
    versions.ledger_balance,
    versions.market_value,
    versions.currency_code,
    versions.is_estimated,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'daily_balances') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'daily_balances'), ['account_id', 'balance_date']) }}
