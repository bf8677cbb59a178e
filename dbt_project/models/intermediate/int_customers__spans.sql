{{ config(indexes=[{'columns': ['customer_id']}]) }}

with

parties as (

    select * from {{ ref('int_identity__parties') }}

),

holdings as (

    select * from {{ ref('int_customers__holdings') }}

),

with_reach as (

    select
        customer_id,
        valid_from,
        valid_to,
        greatest(valid_from, first_seen_date) as first_seen_date,
        max(valid_to) over (
            partition by customer_id order by valid_from, valid_to, party_id
            rows between unbounded preceding and 1 preceding
        ) as reached_date
    from parties

),

numbered as (

    select
        customer_id,
        valid_from,
        valid_to,
        min(first_seen_date) over (partition by customer_id) as first_seen_date,
        sum(case when {{ add_days('reached_date', 1) }} >= valid_from then 0 else 1 end) over (
            partition by customer_id order by valid_from, valid_to
        ) as span_number
    from with_reach

),

spans as (

    select
        customer_id,
        min(valid_from) as used_from,
        max(valid_to) as used_to,
        min(first_seen_date) as first_seen_date
    from numbered
    group by customer_id, span_number

),

final as (

    select
        spans.customer_id,
        spans.used_from,
        spans.used_to,
        lag(spans.used_to) over (partition by spans.customer_id order by spans.used_from) as previous_used_to,
        spans.first_seen_date,
        holdings.first_opened_date
    from spans
    left join holdings on spans.customer_id = holdings.customer_id

)

select * from final
