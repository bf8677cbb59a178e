{{ config(alias='bi_tier_balances__build') }}

{%- set is_small = attr_is_small('customer_count') %}

with

tags as (

    select *
    from {{ ref('customer_tags') }}
    where as_of_date = {{ night_date() }}

),

tiers as (

    select
        as_of_date,
        coalesce(value_tier, '(none)') as value_tier,
        count(*) as customer_count,
        sum(case when is_near_tier then 1 else 0 end) as near_tier_count,
        sum(aum_month_average_amount) as aum_month_average_amount
    from tags
    group by as_of_date, coalesce(value_tier, '(none)')

),

ranked as (

    select
        tiers.*,
        {{ attr_group_ranks('as_of_date', 'value_tier', is_small, 'customer_count') }}
    from tiers

),

labelled as (

    select
        ranked.*,
        case when {{ attr_is_pooled(is_small, 'customer_count') }} then {{ attr_pool_label() }} else value_tier end
            as shown_tier
    from ranked

),

shown as (

    select
        as_of_date,
        shown_tier as value_tier,
        sum(customer_count) as customer_count,
        sum(near_tier_count) as near_tier_count,
        sum(aum_month_average_amount) as aum_month_average_amount,
        sum(customer_count) < {{ attr_least_group() }} as is_suppressed
    from labelled
    group by as_of_date, shown_tier

),

final as (

    select
        as_of_date,
        {{ current_night_column('night_id') }} as night_id,
        value_tier,
        cast(case when not is_suppressed then customer_count end as bigint) as customer_count,
        cast(case
            when not is_suppressed and not ({{ attr_is_small('near_tier_count') }}) then near_tier_count
        end as bigint) as near_tier_count,
        cast(case when not is_suppressed then aum_month_average_amount end as bigint)
            as aum_month_average_amount,
        {{ current_night_column('currency_code') }} as currency_code,
        is_suppressed
    from shown

)

select * from final
