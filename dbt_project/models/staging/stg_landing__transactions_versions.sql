{{ config(pre_hook="{{ raw_key_index('transactions', ['transaction_id']) }}") }}

select
    versions.transaction_id,
    versions.account_id,
    versions.booked_at,
    {{ business_date('versions.booked_at') }} as booked_date,
    versions.amount,
    versions.currency_code,
    versions.transaction_type,
    versions.merchant_category,
    versions.counterparty_token,
    versions.channel,
    versions.is_customer_initiated,
    versions.reverses_transaction_id,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'transactions') }} as versions
where {{ has_entered('versions') }}
