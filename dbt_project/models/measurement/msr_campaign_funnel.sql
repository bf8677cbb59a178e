{{ config(materialized='view') }}

{%- set steps = {
    6: ('delivered', 'is_delivered'), 7: ('connected', 'is_connected'),
    8: ('responded', 'has_responded'), 9: ('converted', 'has_converted'),
} %}

with

decisions as {{ read_in_place() }} (

    select * from {{ ref('msr_decision_funnel') }}

),

outcomes as (

    select * from {{ ref('msr_list_outcomes') }}

),

audience as (

    select
        night_date, strategy_id, campaign_id, channel,
        1 as step_number, 'audience' as step, '' as reason,
        sum(customer_count) as customer_count
    from decisions
    group by night_date, strategy_id, campaign_id, channel

),

decided as (

    select
        night_date, strategy_id, campaign_id, channel,
        case outcome when 'excluded' then 2 when 'listed' then 5 when 'control' then 4 else 3 end as step_number,
        outcome as step,
        reason,
        customer_count
    from decisions

),

worked as (

    {% for number, (step, condition) in steps.items() -%}
    {{ 'union all ' if not loop.first }}select
        night_date, strategy_id, campaign_id, channel,
        {{ number }} as step_number, '{{ step }}' as step, '' as reason,
        count(distinct case when {{ condition }} then customer_id end) as customer_count
    from outcomes
    group by night_date, strategy_id, campaign_id, channel
    {% endfor %}
),

steps as (

    select * from audience
    union all
    select * from decided
    union all
    select * from worked

),

final as (

    select
        night_date,
        strategy_id,
        campaign_id,
        channel,
        step_number,
        step,
        reason,
        cast(customer_count as bigint) as customer_count
    from steps

)

select * from final
