select
    versions.account_id,
    versions.product_id,
    versions.branch_id,
    versions.currency_code,
    versions.opened_date,
    versions.closed_date,
    versions.status,
    versions.maturity_date,
    versions.contract_amount,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'accounts') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'accounts'), ['account_id']) }}
