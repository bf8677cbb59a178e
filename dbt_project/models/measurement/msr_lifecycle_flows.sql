{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'period_month', 'grain': 'month'},
    touched={'by': 'dates'}
) }}

with

recompute as (

    select min(from_date) as from_date from {{ ref('int_recompute__customers') }}

),

transitions as (

    select
        transitions.*,
        {{ first_of_month('transition_date') }} as period_month
    from {{ ref('lifecycle_transitions') }} as transitions
    where transition_date <= {{ night_date() }}
        {%- if is_partial_build() %}
        and transition_date >= {{ first_of_month('(select from_date from recompute)') }}
        {%- endif %}

),

final as (

    select
        period_month,
        coalesce(from_stage, '(new)') as from_stage,
        coalesce(to_stage, '(merged)') as to_stage,
        trigger,
        count(*) as transition_count,
        count(distinct customer_id) as customer_count
    from transitions
    group by period_month, from_stage, to_stage, trigger

)

select * from final
