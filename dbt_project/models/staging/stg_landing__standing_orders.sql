select
    versions.standing_order_id,
    versions.account_id,
    versions.amount,
    versions.currency_code,
    versions.purpose,
    versions.counterparty_token,
    versions.starts_date,
    versions.ends_date,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'standing_orders') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'standing_orders'), ['standing_order_id']) }}
