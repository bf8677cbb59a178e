select
    versions.product_id,
    versions.label_en,
    versions.label_zh,
    versions.category,
    versions.is_investment_linked,
    versions.risk_rating,
    versions.annual_margin_bps,
    versions.unit_contribution,
    versions.currency_code,
    versions.interest_rate,
    versions.repayment_method,
    versions.is_on_sale,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'products') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'products'), ['product_id']) }}
