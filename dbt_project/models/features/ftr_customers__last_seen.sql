{{
    config(
        materialized='partitioned_incremental',
        pre_hook="{{ forbid_pairwise_joins() }}",
        partition_by={'column': 'last_seen_date', 'grain': 'month'},
        touched=[
            {'by': 'keys', 'relation': 'int_recompute__late', 'keys': ['customer_id']},
            {'by': 'new_keys', 'keys': ['customer_id', 'kind', 'code', 'last_seen_date'], 'of_repeats': true},
            {'by': 'new_keys', 'keys': ['customer_id', 'kind', 'code'], 'at': ['last_seen_date', 'previous_seen_date']},
            {'by': 'span'},
            {'by': 'keys', 'relation': 'int_customers__erased', 'keys': ['customer_id']},
        ],
        partition_indexes=[{'columns': ['customer_id']}]
    )
}}
{#-
  How many different channels or categories a window holds is how many were last seen inside it:
  a row per code, moved forward by tonight's postings. It keeps the date before, which says what
  windows it was in until tonight. A customer whose past changed, or who was moved by an earlier
  attempt of this night, is seen again from the first changed day on, together with what is known of
  the days before; if two days taken back leave that unknown, in all of its postings. Nothing is kept
  of an erased customer.
-#}
{% set partial = is_partial_build() %}
{% set counts = "booked_date <= " ~ night_date() ~ " and not is_reversed and reverses_transaction_id is null" %}
{% set in_run = "between " ~ span_from() ~ " and " ~ night_date() %}

with

transactions as {{ read_in_place() }} (
    select
        customer_id,
        booked_date,
        channel,
        merchant_category,
        transaction_type,
        is_customer_initiated
    from {{ ref('fct_transactions') }}
    where {{ counts }}
),

engagement as {{ read_in_place() }} (
    select customer_id, engagement_date from {{ ref('fct_customer_engagement') }}
    where branch_visit_count > 0 and engagement_date <= {{ night_date() }}
),

{% if partial -%}
stale as {{ computed_once() }} (
    select customer_id, min(from_date) as from_date
    from (
        select customer_id, from_date from {{ ref('int_recompute__late') }}
        union all
        select customer_id, {{ span_from() }} from {{ this }} where last_seen_date {{ in_run }}
    ) as changed
    group by customer_id
),
{%- endif %}

{#- tonight: of everyone else; since: of the stale, from their first changed day on; ever: all there is -#}
{% for part in (['tonight', 'since', 'ever'] if partial else ['ever']) %}
{% for facts, source, date in [('postings', 'transactions', 'booked_date'), ('visits', 'engagement', 'engagement_date')] %}
{{ part }}_{{ facts }} as (
    {% if part == 'tonight' -%}
    select facts.*
    from {{ source }} as facts
    left join stale on facts.customer_id = stale.customer_id
    where stale.customer_id is null and facts.{{ date }} {{ in_run }}
    {%- elif part == 'since' -%}
    select found.*
    from stale
    {{ each_of() }} (
        select * from {{ source }} as facts
        where facts.customer_id = stale.customer_id and facts.{{ date }} >= stale.from_date
        {{ looked_up() }}
    ) as found
    {%- elif partial -%}
    select found.*
    from unknown
    {{ each_of() }} (
        select * from {{ source }} as facts where facts.customer_id = unknown.customer_id
        {{ looked_up() }}
    ) as found
    {%- else -%}
    select * from {{ source }}
    {%- endif %}
),

{% endfor -%}
{{ part }}_codes as (
    select customer_id, booked_date, 'channel' as kind, channel as code
    from {{ part }}_postings
    where is_customer_initiated and channel <> 'unknown'

    union distinct

    select customer_id, booked_date, 'merchant_category', merchant_category
    from {{ part }}_postings
    where is_customer_initiated and merchant_category is not null

    union distinct

    select customer_id, booked_date, 'income', transaction_type
    from {{ part }}_postings
    where transaction_type in ('salary', 'pension')

    union distinct

    select customer_id, engagement_date, 'visit', 'branch' from {{ part }}_visits
),

{{ part }}_days as (
    select
        *,
        row_number() over (partition by customer_id, kind, code order by booked_date desc) as recency
    from {{ part }}_codes
    where customer_id is not null
),

{{ part }}_seen as (
    select
        customer_id,
        kind,
        code,
        min(booked_date) as first_seen_date,
        max(booked_date) as last_seen_date,
        max(case when recency = 2 then booked_date end) as previous_seen_date
    from {{ part }}_days
    group by customer_id, kind, code
),

{% if part == 'since' -%}
-- what was known until tonight, and what of it is still so: what is dated before the first changed day
before as {{ computed_once() }} (
    select
        stale.from_date,
        found.*,
        case
            when found.last_seen_date < stale.from_date then found.last_seen_date
            when found.previous_seen_date < stale.from_date then found.previous_seen_date
        end as last_kept_date
    from stale
    {{ each_of() }} (
        select * from {{ this }} as codes_of_one
        where codes_of_one.customer_id = stale.customer_id
        {{ looked_up() }}
    ) as found
),

-- older days must be among the two latest now, and are not known
unknown as {{ computed_once() }} (
    select distinct before.customer_id
    from before
    left join since_seen
        on before.customer_id = since_seen.customer_id
        and before.kind = since_seen.kind
        and before.code = since_seen.code
    where
        before.last_seen_date >= before.from_date
        and before.first_seen_date < before.from_date
        and case
            when since_seen.previous_seen_date is not null then false
            when since_seen.customer_id is not null then before.last_kept_date is null
            else before.last_kept_date is null or before.first_seen_date < before.last_kept_date
        end
),

continued as (
    select
        coalesce(since_seen.customer_id, before.customer_id) as customer_id,
        coalesce(since_seen.kind, before.kind) as kind,
        coalesce(since_seen.code, before.code) as code,
        case
            when before.first_seen_date < before.from_date then before.first_seen_date
            else since_seen.first_seen_date
        end as first_seen_date,
        coalesce(since_seen.last_seen_date, before.last_kept_date) as last_seen_date,
        case
            when since_seen.customer_id is not null
                then coalesce(since_seen.previous_seen_date, before.last_kept_date)
            when before.last_seen_date < before.from_date then before.previous_seen_date
        end as previous_seen_date
    from since_seen
    full outer join before
        on since_seen.customer_id = before.customer_id
        and since_seen.kind = before.kind
        and since_seen.code = before.code
),
{%- endif %}
{% endfor %}

seen as (
    select * from ever_seen
    {% if partial -%}
    union all

    select continued.*
    from continued
    left join unknown on continued.customer_id = unknown.customer_id
    where unknown.customer_id is null and continued.last_seen_date is not null

    union all

    select
        tonight_seen.customer_id,
        tonight_seen.kind,
        tonight_seen.code,
        coalesce(existing.first_seen_date, tonight_seen.first_seen_date) as first_seen_date,
        tonight_seen.last_seen_date,
        coalesce(tonight_seen.previous_seen_date, existing.last_seen_date) as previous_seen_date
    from tonight_seen
    left join {{ this }} as existing
        on tonight_seen.customer_id = existing.customer_id
        and tonight_seen.kind = existing.kind
        and tonight_seen.code = existing.code
    {%- endif %}
),

final as (
    select seen.*
    from seen
    left join {{ ref('int_customers__erased') }} as erased on seen.customer_id = erased.customer_id
    where erased.customer_id is null
)

select * from final
