{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'night_date', 'grain': 'month'},
    touched={'by': 'dates'},
    partition_indexes=[{'columns': ['list_row_id']}],
    pre_hook="{{ forbid_pairwise_joins() }}"
) }}

{%- set positive_answers = "('clicked', 'called_back', 'applied')" %}

with

-- tonight's own rows are not published yet; older ones are settled
list_rows as (

    select *
    from {{ source('publication', 'list_rows') }}
    where night_date < {{ night_date() }}
        {%- if is_partial_build() %}
        and night_date >= {{ add_days(span_from(), -attr_outcome_days()) }}
        {%- endif %}

),

contacts as (

    select
        contacts.list_row_id,
        min(case when contacts.delivery_status in ('delivered', 'connected') then contacts.contacted_at end)
            as first_contacted_at,
        max(case when contacts.delivery_status = 'connected' then 1 else 0 end) as is_connected
    from {{ ref('fct_contacts') }} as contacts
    inner join list_rows on contacts.list_row_id = list_rows.list_row_id
    group by contacts.list_row_id

),

responses as (

    select
        responses.list_row_id,
        min(case when responses.response in {{ positive_answers }} then responses.responded_at end)
            as first_responded_at,
        max(case when responses.response in {{ positive_answers }} then 0 else 1 end) as has_refused
    from {{ ref('fct_responses') }} as responses
    inner join list_rows on responses.list_row_id = list_rows.list_row_id
    group by responses.list_row_id

),

units as (

    select * from {{ source('activation', 'units') }}

),

-- what the unit was meant to bring about, after the row and within the outcome window
conversions as (

    select
        list_rows.list_row_id,
        min(conversions.converted_date) as converted_date
    from list_rows
    inner join units
        on list_rows.strategy_id = units.strategy_id
        and list_rows.cycle = units.cycle
        and list_rows.customer_id = units.customer_id
    inner join {{ ref('fct_conversions') }} as conversions
        on units.customer_id = conversions.customer_id
        and units.closing_goal = conversions.goal_type
        and (units.product_id is null or units.product_id = conversions.product_id)
        and conversions.converted_date > list_rows.night_date
        and conversions.converted_date <= units.outcome_end_date
    group by list_rows.list_row_id

),

final as (

    select
        list_rows.list_row_id,
        list_rows.night_date,
        list_rows.strategy_id,
        list_rows.campaign_id,
        list_rows.wave,
        list_rows.attempt,
        list_rows.channel,
        list_rows.customer_id,
        list_rows.branch_id,
        list_rows.relationship_manager_id,
        contacts.first_contacted_at,
        responses.first_responded_at,
        conversions.converted_date,
        contacts.first_contacted_at is not null as is_delivered,
        coalesce(contacts.is_connected = 1, false) or responses.first_responded_at is not null as is_connected,
        responses.first_responded_at is not null as has_responded,
        coalesce(responses.has_refused = 1, false) as has_refused,
        conversions.list_row_id is not null as has_converted
    from list_rows
    left join contacts on list_rows.list_row_id = contacts.list_row_id
    left join responses on list_rows.list_row_id = responses.list_row_id
    left join conversions on list_rows.list_row_id = conversions.list_row_id

)

select * from final
