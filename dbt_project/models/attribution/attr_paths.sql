{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'period_month', 'grain': 'month'},
    touched={
        'by': 'keys_from', 'relation': 'attr_periods_touched',
        'keys': ['window_days'], 'column': 'period_month', 'since': 'first_period',
    },
    post_hook=attr_create_markov_tables()
) }}

with

periods as (

    select * from {{ ref('attr_periods_touched') }}

),

-- what is still open tonight counts nowhere yet
closed_journeys as (

    select *
    from {{ ref('attr_journeys') }}
    where closes_date <= {{ night_date() }}
        {%- if is_partial_build() %}
        and closes_date >= (select min(first_period) from periods)
        {%- endif %}

),

final as (

    select
        {{ first_of_month('closes_date') }} as period_month,
        goal_type,
        {{ attr_window_days() }} as window_days,
        '{{ attr_parameters_hash() }}' as parameters_hash,
        path,
        cast(sum(case when is_converted then 1 else 0 end) as bigint) as conversion_count,
        cast(sum(coalesce(value_amount, 0)) as bigint) as value_amount,
        cast(sum(case when is_converted then 0 else 1 end) as bigint) as null_count
    from closed_journeys
    group by {{ first_of_month('closes_date') }}, goal_type, path

)

select * from final
