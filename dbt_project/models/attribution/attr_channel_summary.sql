{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'period_month', 'grain': 'month'},
    touched={
        'by': 'keys_from', 'relation': 'attr_periods_touched',
        'keys': ['window_days'], 'column': 'period_month', 'since': 'first_period',
    }
) }}

with

periods as (

    select * from {{ ref('attr_periods_touched') }}

),

credits as (

    select
        credits.*,
        {{ first_of_month('converted_date') }} as period_month
    from {{ ref('attr_touch_credits') }} as credits
    {%- if is_partial_build() %}
    where converted_date >= (select min(first_period) from periods)
    {%- endif %}

),

by_model as (

    {% for model in attr_models() -%}
    {{ 'union all ' if not loop.first }}select
        period_month, goal_type, channel, campaign_id, '{{ model }}' as model, window_days,
        parameters_hash, customer_id, conversion_id, currency_code,
        {{ model }}_credit as credit, {{ model }}_value_amount as value_amount
    from credits
    {% endfor %}
),

final as (

    select
        period_month,
        goal_type,
        channel,
        campaign_id,
        model,
        window_days,
        parameters_hash,
        cast(sum(credit) as numeric(18, 9)) as credit,
        cast(sum(value_amount) as bigint) as value_amount,
        min(currency_code) as currency_code,
        count(distinct conversion_id) as conversion_count,
        count(distinct customer_id) as customer_count
    from by_model
    group by period_month, goal_type, channel, campaign_id, model, window_days, parameters_hash

)

select * from final
