{{ config(post_hook=analyze_this()) }}

{%- set stored = attr_previous_build('attr_journeys') %}

with

touched as (

    select * from {{ ref('attr_touches_touched') }}

),

touches as (

    select * from {{ ref('attr_touches') }}

),

conversions as (

    select * from {{ ref('fct_conversions') }}
    where {{ attr_is_goal('goal_type') }}

),

{% if stored is not none -%}
stored_conversions as (

    select conversion_id, customer_id, goal_type, converted_at, closes_date, value_amount
    from {{ stored }}
    where conversion_id is not null

),

-- conversions that are new, changed or gone: few enough to compare all of them
changed_conversions as (

    select
        conversions.customer_id as new_customer_id,
        conversions.converted_date as new_date,
        stored_conversions.customer_id as old_customer_id,
        stored_conversions.closes_date as old_date
    from conversions
    full outer join stored_conversions on conversions.conversion_id = stored_conversions.conversion_id
    where conversions.conversion_id is null
        or stored_conversions.conversion_id is null
        or conversions.customer_id <> stored_conversions.customer_id
        or conversions.goal_type <> stored_conversions.goal_type
        or conversions.converted_at <> stored_conversions.converted_at
        or conversions.converted_date <> stored_conversions.closes_date
        or conversions.value_amount <> stored_conversions.value_amount

),
{%- else -%}
changed_conversions as (

    select
        customer_id as new_customer_id,
        converted_date as new_date,
        customer_id as old_customer_id,
        converted_date as old_date
    from conversions

),
{%- endif %}

changes as (

    select customer_id, touch_date as changed_date
    from touches
    where touch_date >= {{ span_from() }}
    union all
    select customer_id, from_date
    from touched
    where from_date < {{ span_from() }}
    union all
    select new_customer_id, new_date from changed_conversions
    union all
    select old_customer_id, old_date from changed_conversions

),

-- one day earlier: where clocks change, thirty days may end an hour into the next date
attempts as (

    select
        customer_id,
        {{ add_days('changed_date', -1) }} as restart_date,
        {{ night_date() }} as touched_night
    from changes
    where customer_id is not null
    {% if has_earlier_attempts() %}
    union all
    {{ of_earlier_attempts(['customer_id', 'restart_date']) }}
    {% endif %}

),

final as (

    select
        customer_id,
        min(restart_date) as restart_date,
        max(touched_night) as touched_night
    from attempts
    group by customer_id

)

select * from final
