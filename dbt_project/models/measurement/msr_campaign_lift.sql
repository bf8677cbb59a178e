{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'first_assigned_date', 'grain': 'month'},
    touched={'by': 'new_keys', 'keys': ['campaign_id']},
    partition_indexes=[{'columns': ['campaign_id']}]
) }}

with

units as (

    select *
    from {{ source('activation', 'units') }}
    where opened_date <= {{ night_date() }}

),

-- a campaign whose last outcome window ended long ago does not change any more
campaigns as (

    select
        campaign_id,
        min(strategy_id) as strategy_id,
        min(cycle) as cycle,
        min(opened_date) as first_assigned_date,
        max(opened_date) as last_assigned_date,
        max(outcome_end_date) as evaluation_date
    from units
    group by campaign_id
    {%- if is_partial_build() %}
    having max(outcome_end_date) >= {{ add_days(span_from(), -attr_restatement_days()) }}
    {%- endif %}

),

-- by assignment: whoever was assigned counts, whether reached or not
outcomes as (

    select
        units.campaign_id,
        units.customer_id,
        units.arm,
        max(case when conversions.conversion_id is null then 0 else 1 end) as has_converted
    from units
    inner join campaigns on units.campaign_id = campaigns.campaign_id
    left join {{ ref('fct_conversions') }} as conversions
        on units.customer_id = conversions.customer_id
        and units.closing_goal = conversions.goal_type
        and (units.product_id is null or units.product_id = conversions.product_id)
        and conversions.converted_date > units.opened_date
        and conversions.converted_date <= units.outcome_end_date
    group by units.campaign_id, units.customer_id, units.arm

),

arms as (

    select
        campaign_id,
        sum(case when arm = 'listed' then 1 else 0 end) as listed_count,
        sum(case when arm = 'control' then 1 else 0 end) as control_count,
        sum(case when arm = 'listed' then has_converted else 0 end) as listed_converted_count,
        sum(case when arm = 'control' then has_converted else 0 end) as control_converted_count
    from outcomes
    group by campaign_id

),

gated as (

    select
        arms.*,
        (listed_converted_count + control_converted_count) * least(listed_count, control_count)
        >= 100 * (listed_count + control_count) as has_enough_data
    from arms

),

final as (

    select
        campaigns.campaign_id,
        campaigns.strategy_id,
        campaigns.cycle,
        campaigns.first_assigned_date,
        campaigns.last_assigned_date,
        campaigns.evaluation_date,
        cast(gated.listed_count as bigint) as listed_count,
        cast(gated.control_count as bigint) as control_count,
        cast(gated.listed_converted_count as bigint) as listed_converted_count,
        cast(gated.control_converted_count as bigint) as control_converted_count,
        campaigns.evaluation_date < {{ night_date() }} as is_final,
        gated.has_enough_data,
        case
            when gated.control_count = 0 then 'no_control'
            when not gated.has_enough_data then 'not_enough_data'
            when campaigns.evaluation_date >= {{ night_date() }} then 'interim'
        end as no_lift_reason
    from campaigns
    inner join gated on campaigns.campaign_id = gated.campaign_id

)

select * from final
