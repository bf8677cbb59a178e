{{ config(post_hook=analyze_this()) }}

with

customers as (

    select * from {{ ref('int_recompute__customers') }}

),

causes as (

    select * from {{ ref('int_recompute__causes') }}

),

first_seen_parties as (

    select * from {{ ref('int_parties__touched') }}

),

contacts as {{ read_in_place() }} (

    select * from {{ ref('fct_contacts') }}

),

responses as (

    select * from {{ ref('stg_landing__responses') }}

),

-- contacts that arrived in this run, and contacts that were answered in it
touched_contacts as (

    select contact_id, customer_id, contacted_date
    from contacts
    where arrived_date between {{ span_from() }} and {{ night_date() }}
    union all
    select contacts.contact_id, contacts.customer_id, contacts.contacted_date
    from responses
    inner join contacts on responses.contact_id = contacts.contact_id
    where responses.enters_date between {{ span_from() }} and {{ night_date() }}

),

changes as (

    select customer_id, {{ span_from() }} as from_date
    from customers
    union all
    select customer_id, from_date
    from causes
    where cause in ('app_event', 'branch_visit')
    union all
    select customer_id, contacted_date
    from touched_contacts
    {%- set stored = attr_previous_build('attr_touches') %}
    {% if stored is not none %}
    -- where a corrected contact stood before
    union all
    select stored.customer_id, stored.touch_date
    from touched_contacts
    inner join {{ stored }} as stored
        on stored.touch_source = 'contact' and touched_contacts.contact_id = stored.source_id
    {% endif %}
    -- what a party did before it was known
    union all
    select contacts.customer_id, contacts.contacted_date
    from contacts
    inner join first_seen_parties on contacts.party_id = first_seen_parties.party_id
    union all
    select events.customer_id, events.event_date
    from {{ ref('fct_app_events') }} as events
    inner join first_seen_parties on events.party_id = first_seen_parties.party_id
    union all
    select visits.customer_id, visits.visit_date
    from {{ ref('fct_branch_visits') }} as visits
    inner join first_seen_parties on visits.party_id = first_seen_parties.party_id

),

attempts as (

    select customer_id, from_date, {{ night_date() }} as touched_night
    from changes
    where customer_id is not null
    {% if has_earlier_attempts() %}
    union all
    {{ of_earlier_attempts(['customer_id', 'from_date']) }}
    {% endif %}

),

final as (

    select
        customer_id,
        least(min(from_date), {{ span_from() }}) as from_date,
        min(from_date) < {{ span_from() }} as is_late,
        max(touched_night) as touched_night
    from attempts
    group by customer_id

)

select * from final
