select
    versions.cost_date,
    versions.channel,
    versions.campaign_id,
    versions.cost_amount,
    versions.currency_code,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'marketing_costs') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'marketing_costs'), ['cost_date', 'channel', 'campaign_id']) }}
