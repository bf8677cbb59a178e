{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'touch_date', 'grain': 'month'},
    touched=[
        {'by': 'span'},
        {'by': 'keys_from', 'relation': 'attr_touches_touched', 'keys': ['customer_id'],
         'column': 'touch_date', 'since': 'from_date', 'known': 'is_late'},
    ],
    partition_indexes=[{'columns': ['customer_id', 'touch_at']}, {'columns': ['source_id']}],
    pre_hook="{{ forbid_pairwise_joins() }}"
) }}

{%- set partial = is_partial_build() %}

with

touched as (

    select * from {{ ref('attr_touches_touched') }}

),

contacts as (

    select contacts.*
    from {{ ref('fct_contacts') }} as contacts
    {{ attr_since('contacts', 'contacted_date') }}
        and contacts.delivery_status in ('delivered', 'connected')

),

responses as (

    select
        responses.contact_id,
        max(case when responses.response = 'applied' then 1 else 0 end) as has_applied
    from {{ ref('fct_responses') }} as responses
    inner join contacts on responses.contact_id = contacts.contact_id
    group by responses.contact_id

),

-- the day before is read too: a session may run over midnight
tagged_events as (

    select
        events.*,
        lag(events.event_at) over (
            partition by events.customer_id, events.session_id order by events.event_at, events.event_id
        ) as previous_event_at
    from ({{ attr_rows_since(ref('fct_app_events'), 'event_date', days_before=1) }}) as events
    where events.source_campaign_id is not null

),

visits as (

    select visits.*
    from {{ ref('fct_branch_visits') }} as visits
    {{ attr_since('visits', 'visit_date') }}

),

named_visits as (

    select visits.visit_id, rows_listed.campaign_id, rows_listed.list_row_id,
        row_number() over (
            partition by visits.visit_id order by rows_listed.night_date desc, rows_listed.list_row_id
        ) as recency
    from visits
    inner join {{ ref('attr_branch_list_rows') }} as rows_listed
        on visits.customer_id = rows_listed.customer_id
        and visits.visit_date > rows_listed.night_date
        and visits.visit_date <= {{ add_days('rows_listed.night_date', attr_window_days()) }}

),

contact_touches as (

    select
        contacts.customer_id,
        'contact' as touch_source,
        contacts.contact_id as source_id,
        contacts.channel,
        contacts.campaign_id,
        contacts.list_row_id,
        false as is_direct,
        case
            when responses.has_applied = 1 then 'applied'
            when responses.has_applied = 0 then 'responded'
            else contacts.delivery_status
        end as interaction,
        contacts.contacted_at as touch_at,
        contacts.contacted_date as touch_date
    from contacts
    left join responses on contacts.contact_id = responses.contact_id

),

session_touches as (

    select
        customer_id,
        'app_event' as touch_source,
        event_id as source_id,
        coalesce(channel, 'app') as channel,
        source_campaign_id as campaign_id,
        cast(null as text) as list_row_id,
        false as is_direct,
        'responded' as interaction,
        event_at as touch_at,
        event_date as touch_date
    from tagged_events
    where previous_event_at is null
        or {{ attr_seconds_between('previous_event_at', 'event_at') }} > 86400

),

visit_touches as (

    select
        visits.customer_id,
        'branch_visit' as touch_source,
        visits.visit_id as source_id,
        'branch' as channel,
        named_visits.campaign_id,
        named_visits.list_row_id,
        named_visits.visit_id is null as is_direct,
        'responded' as interaction,
        visits.visited_at as touch_at,
        visits.visit_date as touch_date
    from visits
    left join named_visits on visits.visit_id = named_visits.visit_id and named_visits.recency = 1

),

candidates as (

    select * from contact_touches
    union all
    select * from session_touches
    union all
    select * from visit_touches

),

-- touches of the same second and channel are one: the one that a campaign asked for
ranked as (

    select
        candidates.*,
        row_number() over (
            partition by customer_id, channel, {{ dbt.date_trunc('second', 'touch_at') }}
            order by is_direct, touch_source desc, touch_at, source_id
        ) as claim_number
    from candidates

),

final as (

    select
        ranked.touch_source || ':' || ranked.source_id as touch_id,
        ranked.customer_id,
        ranked.touch_source,
        ranked.source_id,
        ranked.channel,
        ranked.campaign_id,
        ranked.list_row_id,
        ranked.is_direct,
        ranked.interaction,
        ranked.touch_at,
        ranked.touch_date
    from ranked
    {%- if partial %}
    inner join touched
        on ranked.customer_id = touched.customer_id and ranked.touch_date >= touched.from_date
    {%- endif %}
    where ranked.claim_number = 1

)

select * from final
