{{ config(alias='bi_attribution_summary__build') }}

{%- set is_small = attr_is_small('customer_count') %}
{%- set scope = 'period_month, goal_type, level' %}

with

-- rule-based models by channel and campaign, Markov by channel: two levels, each adds up by itself
touches as (

    select
        {{ first_of_month('converted_date') }} as period_month,
        goal_type,
        channel,
        campaign_id,
        customer_id
    from {{ ref('attr_touch_credits') }}
    where converted_date <= {{ night_date() }}
        and converted_date >= {{ first_of_month(add_days(night_date(), -attr_restatement_days())) }}

),

leveled_touches as (

    select period_month, goal_type, 'campaign' as level, channel, campaign_id, customer_id from touches
    union all
    select period_month, goal_type, 'channel' as level, channel, '(all)' as campaign_id, customer_id from touches

),

cells as (

    select
        period_month, goal_type, level, channel, campaign_id,
        count(distinct customer_id) as customer_count
    from leveled_touches
    group by period_month, goal_type, level, channel, campaign_id

),

ranked as (

    select
        cells.*,
        {{ attr_group_ranks(scope, 'channel, campaign_id', is_small, 'customer_count') }}
    from cells

),

flagged as (

    select
        ranked.*,
        {{ attr_is_pooled(is_small, 'customer_count') }} as is_pooled
    from ranked

),

-- one customer may stand behind several cells, so the pool is counted anew; too few: all in one row
pools as (

    select
        flagged.period_month, flagged.goal_type, flagged.level,
        count(distinct case when flagged.is_pooled then leveled_touches.customer_id end) as pool_count,
        count(distinct leveled_touches.customer_id) as scope_count
    from flagged
    inner join leveled_touches
        on flagged.period_month = leveled_touches.period_month
        and flagged.goal_type = leveled_touches.goal_type
        and flagged.level = leveled_touches.level
        and flagged.channel = leveled_touches.channel
        and flagged.campaign_id = leveled_touches.campaign_id
    group by flagged.period_month, flagged.goal_type, flagged.level

),

labels as (

    select
        flagged.period_month, flagged.goal_type, flagged.level, flagged.channel, flagged.campaign_id,
        flagged.is_pooled or {{ attr_is_small('pools.pool_count') }} as is_pooled,
        {{ attr_is_small('pools.scope_count') }} as is_suppressed
    from flagged
    inner join pools
        on flagged.period_month = pools.period_month
        and flagged.goal_type = pools.goal_type
        and flagged.level = pools.level

),

credits as (

    select
        period_month, goal_type, 'campaign' as level, model, window_days, channel, campaign_id,
        credit, value_amount
    from {{ ref('attr_channel_summary') }}
    union all
    select
        period_month, goal_type, 'channel' as level, model, window_days, channel, '(all)' as campaign_id,
        credit, value_amount
    from {{ source('attribution', 'markov_credits') }}

),

-- a channel that only null journeys touched has no credit and nobody behind it
shown as (

    select
        credits.period_month,
        credits.goal_type,
        credits.model,
        credits.window_days,
        case when labels.is_pooled then {{ attr_pool_label() }} else credits.channel end as channel,
        case when labels.is_pooled then {{ attr_pool_label() }} else credits.campaign_id end as campaign_id,
        sum(credits.credit) as credit,
        sum(credits.value_amount) as value_amount,
        labels.is_suppressed
    from credits
    inner join labels
        on credits.period_month = labels.period_month
        and credits.goal_type = labels.goal_type
        and credits.level = labels.level
        and credits.channel = labels.channel
        and credits.campaign_id = labels.campaign_id
    group by
        credits.period_month, credits.goal_type, credits.model, credits.window_days,
        case when labels.is_pooled then {{ attr_pool_label() }} else credits.channel end,
        case when labels.is_pooled then {{ attr_pool_label() }} else credits.campaign_id end,
        labels.is_suppressed

),

reconciled as (

    select
        credits.period_month, credits.goal_type, credits.model, credits.window_days,
        sum(credits.credit) = max(totals.conversion_count)
        and sum(credits.value_amount) = max(totals.value_amount) as is_reconciled
    from credits
    inner join {{ ref('attr_reconciliation') }} as totals
        on credits.period_month = totals.period_month
        and credits.goal_type = totals.goal_type
        and credits.window_days = totals.window_days
        and totals.model = 'first'
    group by credits.period_month, credits.goal_type, credits.model, credits.window_days

),

lifts as (

    select * from {{ ref('msr_campaign_lift') }}

),

final as (

    select
        {{ night_date() }} as as_of_date,
        {{ current_night_column('night_id') }} as night_id,
        shown.period_month,
        shown.goal_type,
        shown.model,
        shown.window_days,
        shown.channel,
        shown.campaign_id,
        cast(case when not shown.is_suppressed then shown.credit end as numeric(18, 9)) as credit,
        cast(case when not shown.is_suppressed then shown.value_amount end as bigint) as value_amount,
        {{ current_night_column('currency_code') }} as currency_code,
        cast(null as numeric(18, 9)) as incremental_credit,
        coalesce(
            lifts.no_lift_reason,
            case when lifts.campaign_id is null then 'no_randomised_campaign' else 'interim' end
        ) as incremental_null_reason,
        coalesce(reconciled.is_reconciled, false) as is_reconciled,
        shown.is_suppressed
    from shown
    left join reconciled
        on shown.period_month = reconciled.period_month
        and shown.goal_type = reconciled.goal_type
        and shown.model = reconciled.model
        and shown.window_days = reconciled.window_days
    left join lifts on shown.campaign_id = lifts.campaign_id

)

select * from final
