select
    versions.transaction_id,
    versions.account_id,
    versions.booked_at,
    {{ business_date('versions.booked_at') }} as booked_date,
    versions.amount,
    versions.currency_code,
    versions.transaction_type,
    {{ unless_erased('versions.merchant_category') }} as merchant_category,
    {{ unless_erased('versions.counterparty_token') }} as counterparty_token,
    versions.channel,
    versions.is_customer_initiated,
    versions.reverses_transaction_id,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'transactions') }} as versions
{{ join_erased_accounts('versions.account_id') }}
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'transactions'), ['transaction_id']) }}
