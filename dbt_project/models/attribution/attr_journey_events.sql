{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'closes_date', 'grain': 'month'},
    touched={
        'by': 'keys_from', 'relation': 'attr_customers_touched',
        'keys': ['customer_id'], 'column': 'closes_date', 'since': 'restart_date',
    },
    partition_indexes=[{'columns': ['customer_id']}, {'columns': ['journey_id']}]
) }}

{%- set partial = is_partial_build() %}
{%- set in_order = 'order by event_at, touch_rank, event_id' %}

with

touched as (

    select * from {{ ref('attr_customers_touched') }}

),

goals as (

    {% for goal_type in attr_goal_types() -%}
    {{ 'union all ' if not loop.first }}select '{{ goal_type }}' as goal_type
    {% endfor %}
),

{% if partial -%}
-- journeys that closed before anything changed stay; the next one opens where the last of them ended
kept as (

    select existing.customer_id, existing.goal_type, max(existing.closed_at) as resume_at
    from {{ this }} as existing
    inner join touched
        on existing.customer_id = touched.customer_id and existing.closes_date < touched.restart_date
    group by existing.customer_id, existing.goal_type

),
{%- endif %}

touches as (

    select
        touches.customer_id,
        goals.goal_type,
        touches.touch_id as event_id,
        touches.touch_at as event_at,
        touches.touch_date as event_date,
        touches.channel,
        touches.campaign_id,
        touches.is_direct,
        1 as touch_rank
    from {{ ref('attr_touches') }} as touches
    cross join goals
    {%- if partial %}
    inner join touched on touches.customer_id = touched.customer_id
    left join kept on touches.customer_id = kept.customer_id and goals.goal_type = kept.goal_type
    where kept.resume_at is null or touches.touch_at >= kept.resume_at
    {%- endif %}

),

conversions as (

    select
        conversions.customer_id,
        conversions.goal_type,
        conversions.conversion_id as event_id,
        conversions.converted_at as event_at,
        conversions.converted_date as event_date,
        cast(null as text) as channel,
        cast(null as text) as campaign_id,
        cast(null as boolean) as is_direct,
        0 as touch_rank
    from {{ ref('fct_conversions') }} as conversions
    {%- if partial %}
    inner join touched
        on conversions.customer_id = touched.customer_id
        and conversions.converted_date >= touched.restart_date
    {%- endif %}
    where conversions.customer_id is not null
        and {{ attr_is_goal('conversions.goal_type') }}

),

events as (

    select * from touches
    union all
    select * from conversions

),

-- a conversion ends its segment; a touch at the very instant of a conversion comes after it
segmented as (

    select
        events.*,
        coalesce(sum(1 - touch_rank) over (
            partition by customer_id, goal_type {{ in_order }}
            rows between unbounded preceding and 1 preceding
        ), 0) as segment_number
    from events

),

preceded as (

    select
        segmented.*,
        lag(event_at) over (partition by customer_id, goal_type, segment_number {{ in_order }})
            as previous_at
    from segmented

),

numbered as (

    select
        preceded.*,
        sum(case
            when previous_at is null then 1
            when {{ attr_seconds_between('previous_at', 'event_at') }} > {{ attr_window_seconds() }} then 1
            else 0
        end) over (
            partition by customer_id, goal_type {{ in_order }}
            rows between unbounded preceding and current row
        ) as journey_number
    from preceded

),

journeys as (

    select
        customer_id,
        goal_type,
        journey_number,
        max(case when touch_rank = 1 then event_at end) as last_touch_at,
        max(case when touch_rank = 1 then event_date end) as last_touch_date,
        max(case when touch_rank = 0 then event_at end) as converted_at,
        max(case when touch_rank = 0 then event_date end) as converted_date
    from numbered
    group by customer_id, goal_type, journey_number

),

final as (

    select
        {{ dbt.hash(
            "numbered.goal_type || ':' || first_value(numbered.event_id) over ("
            ~ "partition by numbered.customer_id, numbered.goal_type, numbered.journey_number "
            ~ "order by numbered.event_at, numbered.touch_rank, numbered.event_id)"
        ) }} as journey_id,
        numbered.customer_id,
        numbered.goal_type,
        numbered.event_id,
        numbered.touch_rank = 1 as is_touch,
        coalesce(
            numbered.touch_rank = 1
            and {{ attr_seconds_between('numbered.event_at', 'journeys.converted_at') }}
            <= {{ attr_window_seconds() }},
            false
        ) as is_credited,
        numbered.event_at,
        numbered.event_date,
        numbered.channel,
        numbered.campaign_id,
        numbered.is_direct,
        coalesce(
            journeys.converted_at,
            {{ dbt.dateadd('day', attr_window_days(), 'journeys.last_touch_at') }}
        ) as closed_at,
        coalesce(
            journeys.converted_date,
            {{ add_days('journeys.last_touch_date', attr_window_days()) }}
        ) as closes_date
    from numbered
    inner join journeys
        on numbered.customer_id = journeys.customer_id
        and numbered.goal_type = journeys.goal_type
        and numbered.journey_number = journeys.journey_number

)

select * from final
