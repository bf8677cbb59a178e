{{ config(alias='bi_campaign_funnel__build') }}

{%- set cell = 'night_date, strategy_id, campaign_id, channel' %}
{%- set is_small = attr_is_small('customer_count') %}

with

steps as (

    select *
    from {{ ref('msr_campaign_funnel') }}
    where night_date <= {{ night_date() }}
        and night_date > {{ add_days(night_date(), -attr_restatement_days()) }}

),

-- the outcomes of a night's decisions add up to the audience: small ones are pooled
outcomes as (

    select
        steps.*,
        {{ attr_group_ranks(
            'night_date, strategy_id', 'campaign_id, channel, step, reason', is_small, 'customer_count'
        ) }}
    from steps
    where step_number between 2 and 5

),

labelled as (

    select
        outcomes.*,
        {{ attr_is_pooled(is_small, 'customer_count') }} as is_pooled
    from outcomes

),

shown_outcomes as (

    select
        night_date, strategy_id, campaign_id, channel, step_number, step, reason,
        customer_count, false as is_suppressed
    from labelled
    where not is_pooled
    union all
    select
        night_date, strategy_id,
        {{ attr_pool_label() }} as campaign_id,
        {{ attr_pool_label() }} as channel,
        2 as step_number,
        {{ attr_pool_label() }} as step,
        '' as reason,
        sum(customer_count) as customer_count,
        sum(customer_count) < {{ attr_least_group() }} as is_suppressed
    from labelled
    where is_pooled
    group by night_date, strategy_id

),

audiences as (

    select
        night_date, strategy_id,
        '(all)' as campaign_id,
        '(all)' as channel,
        1 as step_number, 'audience' as step, '' as reason,
        sum(customer_count) as customer_count,
        {{ attr_is_small('sum(customer_count)') }} as is_suppressed
    from steps
    where step_number = 1
    group by night_date, strategy_id

),

-- what came of the lists are steps within each other: neither a step nor what it lost may be small
chained as (

    select
        steps.*,
        lag(customer_count) over (partition by {{ cell }} order by step_number) as previous_count
    from steps
    where step_number >= 6
        or step = 'listed'

),

pooled_cells as (

    select {{ cell }} from labelled where step = 'listed' and is_pooled

),

worked as (

    select
        chained.night_date, chained.strategy_id, chained.campaign_id, chained.channel,
        chained.step_number, chained.step, chained.reason, chained.customer_count,
        pooled_cells.strategy_id is not null
        or {{ attr_is_small('chained.customer_count') }}
        or {{ attr_is_small('(coalesce(chained.previous_count, chained.customer_count) - chained.customer_count)') }}
            as is_suppressed
    from chained
    left join pooled_cells
        on chained.night_date = pooled_cells.night_date
        and chained.strategy_id = pooled_cells.strategy_id
        and chained.campaign_id = pooled_cells.campaign_id
        and chained.channel = pooled_cells.channel
    where chained.step_number >= 6

),

shown as (

    select * from audiences
    union all
    select * from shown_outcomes
    union all
    select * from worked

),

final as (

    select
        night_date as as_of_date,
        {{ current_night_column('night_id') }} as night_id,
        strategy_id,
        campaign_id,
        channel,
        step_number,
        step,
        reason,
        cast(case when not is_suppressed then customer_count end as bigint) as customer_count,
        is_suppressed
    from shown

)

select * from final
