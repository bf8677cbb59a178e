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

conversions as (

    select
        {{ first_of_month('converted_date') }} as period_month,
        goal_type,
        count(*) as conversion_count,
        cast(sum(value_amount) as bigint) as value_amount
    from {{ ref('fct_conversions') }}
    where customer_id is not null
        and {{ attr_is_goal('goal_type') }}
        {%- if is_partial_build() %}
        and converted_date >= (select min(first_period) from periods)
        {%- endif %}
    group by {{ first_of_month('converted_date') }}, goal_type

),

summary as (

    select
        period_month,
        goal_type,
        model,
        window_days,
        sum(credit) as credit,
        sum(value_amount) as value_amount,
        sum(case when channel = {{ attr_no_touch() }} then credit else 0 end) as untouched_credit
    from {{ ref('attr_channel_summary') }}
    group by period_month, goal_type, model, window_days

),

models as (

    {% for model in attr_models() -%}
    {{ 'union all ' if not loop.first }}select '{{ model }}' as model
    {% endfor %}
),

expected as (

    select conversions.*, models.model
    from conversions
    cross join models

),

final as (

    select
        expected.period_month,
        expected.goal_type,
        expected.model,
        {{ attr_window_days() }} as window_days,
        expected.conversion_count,
        cast(coalesce(summary.credit, 0) as numeric(18, 9)) as credit,
        cast(coalesce(summary.untouched_credit, 0) as numeric(18, 9)) as untouched_credit,
        expected.value_amount,
        cast(coalesce(summary.value_amount, 0) as bigint) as credited_value_amount,
        coalesce(
            summary.credit = expected.conversion_count and summary.value_amount = expected.value_amount,
            false
        ) as is_reconciled
    from expected
    left join summary
        on expected.period_month = summary.period_month
        and expected.goal_type = summary.goal_type
        and expected.model = summary.model

)

select * from final
