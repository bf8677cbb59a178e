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
  attempt of this night, is looked up in all of its postings. Nothing is kept of an erased customer.
-#}
{% set partial = is_partial_build() %}
{% set columns = [
    'customer_id', 'booked_date', 'channel', 'merchant_category', 'transaction_type', 'is_customer_initiated'
] %}
{% set counts = "booked_date <= " ~ night_date() ~ " and not is_reversed and reverses_transaction_id is null" %}

with

transactions as {{ read_in_place() }} (
    select * from {{ ref('fct_transactions') }}
),

engagement as {{ read_in_place() }} (
    select * from {{ ref('fct_customer_engagement') }}
    where branch_visit_count > 0 and engagement_date <= {{ night_date() }}
),

{% if partial -%}
stale as (
    select customer_id from {{ ref('int_recompute__late') }}
    union distinct
    select customer_id from {{ this }} where last_seen_date between {{ span_from() }} and {{ night_date() }}
),
{%- endif %}

postings as (
    {% if partial -%}
    select
        {% for column in columns -%}
        transactions.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from transactions
    left join stale on transactions.customer_id = stale.customer_id
    where
        stale.customer_id is null
        and transactions.booked_date between {{ span_from() }} and {{ night_date() }}
        and {{ counts }}

    union all

    select
        {% for column in columns -%}
        found.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from stale
    {{ each_of() }} (
        select * from transactions where transactions.customer_id = stale.customer_id and {{ counts }}
        {{ looked_up() }}
    ) as found
    {%- else -%}
    select {{ columns | join(', ') }} from transactions where {{ counts }}
    {%- endif %}
),

visits as (
    {% if partial -%}
    select engagement.customer_id, engagement.engagement_date
    from engagement
    left join stale on engagement.customer_id = stale.customer_id
    where
        stale.customer_id is null
        and engagement.engagement_date between {{ span_from() }} and {{ night_date() }}

    union all

    select found.customer_id, found.engagement_date
    from stale
    {{ each_of() }} (
        select * from engagement where engagement.customer_id = stale.customer_id
        {{ looked_up() }}
    ) as found
    {%- else -%}
    select customer_id, engagement_date from engagement
    {%- endif %}
),

codes as (
    select customer_id, booked_date, 'channel' as kind, channel as code
    from postings
    where is_customer_initiated and channel <> 'unknown'

    union all

    select customer_id, booked_date, 'merchant_category', merchant_category
    from postings
    where is_customer_initiated and merchant_category is not null

    union all

    select customer_id, booked_date, 'income', transaction_type
    from postings
    where transaction_type in ('salary', 'pension')

    union all

    select customer_id, engagement_date, 'visit', 'branch' from visits
),

code_days as (
    select distinct
        codes.customer_id,
        codes.kind,
        codes.code,
        codes.booked_date
    from codes
    left join {{ ref('int_customers__erased') }} as erased on codes.customer_id = erased.customer_id
    where codes.customer_id is not null and erased.customer_id is null
),

recent_days as (
    select
        *,
        row_number() over (partition by customer_id, kind, code order by booked_date desc) as recency
    from code_days
),

seen as (
    select
        customer_id,
        kind,
        code,
        min(booked_date) as first_seen_date,
        max(booked_date) as last_seen_date,
        max(case when recency = 2 then booked_date end) as previous_seen_date
    from recent_days
    group by customer_id, kind, code
),

final as (
    select
        seen.customer_id,
        seen.kind,
        seen.code,
        {% if partial -%}
        case
            when stale.customer_id is null then coalesce(before.first_seen_date, seen.first_seen_date)
            else seen.first_seen_date
        end as first_seen_date,
        {%- else -%}
        seen.first_seen_date,
        {%- endif %}
        seen.last_seen_date,
        {% if partial -%}
        case
            when stale.customer_id is null then coalesce(seen.previous_seen_date, before.last_seen_date)
            else seen.previous_seen_date
        end as previous_seen_date
        {%- else -%}
        seen.previous_seen_date
        {%- endif %}
    from seen
    {% if partial -%}
    left join stale on seen.customer_id = stale.customer_id
    left join {{ this }} as before
        on seen.customer_id = before.customer_id
        and seen.kind = before.kind
        and seen.code = before.code
    {%- endif %}
)

select * from final
