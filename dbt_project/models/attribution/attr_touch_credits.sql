{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'converted_date', 'grain': 'month'},
    touched={
        'by': 'keys_from', 'relation': 'attr_customers_touched',
        'keys': ['customer_id'], 'column': 'converted_date', 'since': 'restart_date',
    },
    partition_indexes=[{'columns': ['customer_id']}, {'columns': ['conversion_id']}]
) }}

{%- set partial = is_partial_build() %}
{%- set splitting = ['linear', 'position_based', 'time_decay'] %}
{%- set picking = {'first': '1', 'last': 'touch_count', 'last_non_direct': 'last_non_direct_order'} %}
{%- set totals = {'credit': 'credit_units', 'value': 'value_units'} %}

with

touched as (

    select * from {{ ref('attr_customers_touched') }}

),

journeys as (

    select journeys.*
    from {{ ref('attr_journeys') }} as journeys
    {%- if partial %}
    inner join touched
        on journeys.customer_id = touched.customer_id and journeys.closes_date >= touched.restart_date
    {%- endif %}
    where journeys.is_converted

),

events as (

    select * from {{ ref('attr_journey_events') }}

),

credited as (

    select
        journeys.conversion_id,
        journeys.customer_id,
        journeys.goal_type,
        events.event_id as touch_id,
        events.channel,
        events.campaign_id,
        events.is_direct,
        events.event_at as touch_at,
        cast(row_number() over (
            partition by journeys.conversion_id order by events.event_at, events.event_id
        ) as integer) as touch_order,
        journeys.credited_touch_count as touch_count,
        journeys.converted_at,
        journeys.closes_date as converted_date,
        journeys.value_amount,
        journeys.currency_code
    from journeys
    inner join events
        on journeys.journey_id = events.journey_id and journeys.closes_date = events.closes_date
    where events.is_credited

),

weighted as (

    select
        credited.*,
        coalesce(
            max(case when not is_direct then touch_order end) over (partition by conversion_id), touch_count
        ) as last_non_direct_order,
        cast(1000000000 as numeric(38, 0)) as credit_units,
        cast(abs(value_amount) as numeric(38, 0)) as value_units
        {%- for model in splitting %},
        {{ attr_weight(model) }} as {{ model }}_weight
        {%- endfor %}
    from credited

),

weighed as (

    select
        weighted.*
        {%- for model in splitting %},
        sum({{ model }}_weight) over (partition by conversion_id) as {{ model }}_weight_sum
        {%- endfor %}
    from weighted

),

remainders as (

    select
        weighed.*
        {%- for model in splitting %}{% for measure, total in totals.items() %},
        {{ attr_quota_remainder(total, model ~ '_weight', model ~ '_weight_sum') }}
            as {{ model }}_{{ measure }}_remainder
        {%- endfor %}{% endfor %}
    from weighed

),

floors as (

    select
        remainders.*
        {%- for model in splitting %}{% for measure, total in totals.items() %},
        {{ attr_quota_floor(
            total, model ~ '_weight', model ~ '_weight_sum', model ~ '_' ~ measure ~ '_remainder'
        ) }} as {{ model }}_{{ measure }}_floor
        {%- endfor %}{% endfor %}
    from remainders

),

parts as (

    select
        floors.*
        {%- for model, touch_order in picking.items() %}{% for measure, total in totals.items() %},
        case when touch_order = {{ touch_order }} then {{ total }} else 0 end as {{ model }}_{{ measure }}_part
        {%- endfor %}{% endfor %}
        {%- for model in splitting %}{% for measure, total in totals.items() %},
        {{ attr_part(
            total, model ~ '_' ~ measure ~ '_floor', model ~ '_' ~ measure ~ '_remainder',
            'conversion_id', 'touch_order'
        ) }} as {{ model }}_{{ measure }}_part
        {%- endfor %}{% endfor %}
    from floors

),

touch_rows as (

    select
        conversion_id,
        customer_id,
        goal_type,
        touch_id,
        channel,
        coalesce(campaign_id, {{ attr_no_campaign() }}) as campaign_id,
        is_direct,
        touch_at,
        touch_order,
        touch_count,
        converted_at,
        converted_date,
        currency_code
        {%- for model in attr_models() %},
        cast({{ model }}_credit_part * 0.000000001 as numeric(18, 9)) as {{ model }}_credit,
        cast(
            case when value_amount < 0 then -{{ model }}_value_part else {{ model }}_value_part end as bigint
        ) as {{ model }}_value_amount
        {%- endfor %}
    from parts

),

untouched_rows as (

    select
        conversion_id,
        customer_id,
        goal_type,
        cast(null as text) as touch_id,
        {{ attr_no_touch() }} as channel,
        {{ attr_no_campaign() }} as campaign_id,
        cast(null as boolean) as is_direct,
        cast(null as {{ dbt.type_timestamp() }}) as touch_at,
        0 as touch_order,
        0 as touch_count,
        converted_at,
        closes_date as converted_date,
        currency_code
        {%- for model in attr_models() %},
        cast(1 as numeric(18, 9)) as {{ model }}_credit,
        value_amount as {{ model }}_value_amount
        {%- endfor %}
    from journeys
    where credited_touch_count = 0

),

final as (

    select
        touch_rows.*,
        {{ attr_window_days() }} as window_days,
        '{{ attr_parameters_hash() }}' as parameters_hash
    from touch_rows
    union all
    select
        untouched_rows.*,
        {{ attr_window_days() }} as window_days,
        '{{ attr_parameters_hash() }}' as parameters_hash
    from untouched_rows

)

select * from final
