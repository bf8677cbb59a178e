{{
    config(
        materialized='partitioned_incremental',
        partition_by={'column': 'transition_date', 'grain': 'month'},
        touched={'by': 'customers'},
        partition_indexes=[{'columns': ['customer_id', 'transition_date'], 'unique': true}]
    )
}}

with

recompute as (
    {{ customers_to_recompute() }}
),

states as (
    {{ recomputed_rows(ref('lifecycle_states'), 'as_of_date') }}
),

spans as (
    select
        customer_id,
        used_to,
        {{ add_days('used_to', 1) }} as left_date
    from {{ ref('int_customers__spans') }}
    where used_to < {{ night_date() }}
),

-- who was merged into another customer leaves its stage for none
merged as (
    select
        spans.customer_id,
        spans.left_date as transition_date,
        states.stage as from_stage
    from spans
    inner join recompute
        on spans.customer_id = recompute.customer_id and spans.left_date >= recompute.from_date
    inner join {{ ref('lifecycle_states') }} as states
        on spans.customer_id = states.customer_id and spans.used_to = states.as_of_date
),

final as (
    select
        customer_id,
        as_of_date as transition_date,
        previous_stage as from_stage,
        stage as to_stage,
        entry_trigger as trigger
    from states
    where as_of_date = stage_since
    union all
    select customer_id, transition_date, from_stage, cast(null as text), 'merged'
    from merged
)

select * from final
