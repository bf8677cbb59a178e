-- A row here is a published aggregate about fewer than ten customers: readers of the public role
-- could single somebody out. It must not leave the warehouse.
select 'bi_lifecycle_balances' as table_name, as_of_date, stage as label
from {{ ref('bi_lifecycle_balances') }}
where {{ attr_is_small('start_count') }}
    or {{ attr_is_small('in_count') }}
    or {{ attr_is_small('out_count') }}
    or {{ attr_is_small('end_count') }}
union all
select 'bi_campaign_funnel', as_of_date, strategy_id || ' ' || step
from {{ ref('bi_campaign_funnel') }}
where {{ attr_is_small('customer_count') }}
union all
select 'bi_tier_balances', as_of_date, value_tier
from {{ ref('bi_tier_balances') }}
where {{ attr_is_small('customer_count') }}
    or {{ attr_is_small('near_tier_count') }}
