{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'closes_date', 'grain': 'month'},
    touched={
        'by': 'keys_from', 'relation': 'attr_customers_touched',
        'keys': ['customer_id'], 'column': 'closes_date', 'since': 'restart_date',
    },
    partition_indexes=[{'columns': ['customer_id']}, {'columns': ['conversion_id']}]
) }}

{%- set partial = is_partial_build() %}

with

touched as (

    select * from {{ ref('attr_customers_touched') }}

),

events as (

    select events.*
    from {{ ref('attr_journey_events') }} as events
    {%- if partial %}
    inner join touched
        on events.customer_id = touched.customer_id and events.closes_date >= touched.restart_date
    {%- endif %}

),

conversions as (

    select * from {{ ref('fct_conversions') }}
    where {{ attr_is_goal('goal_type') }}

),

-- a conversion's path is its credited touches; a journey without one is seen whole
journeys as (

    select
        journey_id,
        customer_id,
        goal_type,
        closes_date,
        max(closed_at) as closed_at,
        min(event_at) as opened_at,
        min(event_date) as opened_date,
        max(case when is_touch then event_at end) as last_touch_at,
        max(case when not is_touch then event_id end) as conversion_id,
        cast(sum(case when is_touch then 1 else 0 end) as integer) as touch_count,
        cast(sum(case when is_credited then 1 else 0 end) as integer) as credited_touch_count,
        {{ dbt.listagg(
            "case when is_credited then channel end", "' > '", "order by event_at, event_id"
        ) }} as credited_path,
        {{ dbt.listagg(
            "case when is_touch then channel end", "' > '", "order by event_at, event_id"
        ) }} as whole_path
    from events
    group by journey_id, customer_id, goal_type, closes_date

),

final as (

    select
        journeys.journey_id,
        journeys.customer_id,
        journeys.goal_type,
        journeys.opened_at,
        journeys.opened_date,
        journeys.last_touch_at,
        journeys.closed_at,
        journeys.closes_date,
        journeys.conversion_id is not null as is_converted,
        journeys.touch_count,
        journeys.credited_touch_count,
        case
            when journeys.conversion_id is null then journeys.whole_path
            else coalesce(journeys.credited_path, '')
        end as path,
        journeys.conversion_id,
        conversions.product_id,
        conversions.converted_at,
        conversions.value_amount,
        conversions.currency_code
    from journeys
    left join conversions on journeys.conversion_id = conversions.conversion_id

)

select * from final
