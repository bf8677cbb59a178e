select
    versions.standing_order_id,
    versions.account_id,
    versions.amount,
    versions.currency_code,
    {{ unless_erased('versions.purpose') }} as purpose,
    {{ unless_erased('versions.counterparty_token') }} as counterparty_token,
    versions.starts_date,
    versions.ends_date,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'standing_orders') }} as versions
{{ join_erased_accounts('versions.account_id') }}
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'standing_orders'), ['standing_order_id']) }}
