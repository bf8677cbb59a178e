{{
    config(
        materialized='partitioned_incremental',
        partition_by={'column': 'as_of_date', 'grain': 'month'},
        touched={'by': 'dates'}
    )
}}
{#- In and out come from the transitions, so the balance is cheap even where days are restated. -#}
{% set partial = is_partial_build() %}

with

recompute as (
    {{ customers_to_recompute() }}
),

days as (
    {{ calendar_days('(select min(from_date) from recompute)', night_date()) }}
),

transitions as (
    select * from {{ ref('lifecycle_transitions') }}
    where transition_date >= (select min(from_date) from recompute)
),

entries as (
    select transition_date, to_stage as stage, count(*) as customers
    from transitions
    group by transition_date, to_stage
),

exits as (
    select transition_date, from_stage as stage, count(*) as customers
    from transitions
    group by transition_date, from_stage
),

flows as (
    select
        days.as_of_date,
        stages.stage,
        coalesce(entries.customers, 0) as in_count,
        coalesce(exits.customers, 0) as out_count
    from days
    cross join {{ ref('lifecycle_stages') }} as stages
    left join entries on days.as_of_date = entries.transition_date and stages.stage = entries.stage
    left join exits on days.as_of_date = exits.transition_date and stages.stage = exits.stage
),

balances as (
    select
        flows.*,
        sum(flows.in_count - flows.out_count) over (
            partition by flows.stage order by flows.as_of_date
        ) {% if partial %}+ coalesce(carried.end_count, 0) {% endif %}as end_count
    from flows
    {% if partial -%}
    left join {{ this }} as carried
        on flows.stage = carried.stage
        and carried.as_of_date = {{ add_days('(select min(from_date) from recompute)', -1) }}
    {%- endif %}
),

final as (
    select
        as_of_date,
        stage,
        cast(end_count - in_count + out_count as integer) as start_count,
        cast(in_count as integer) as in_count,
        cast(out_count as integer) as out_count,
        cast(end_count as integer) as end_count
    from balances
)

select * from final
