{{
    config(
        materialized='partitioned_incremental',
        partition_by={'column': 'transition_date', 'grain': 'month'},
        touched={'by': 'customers'},
        partition_indexes=[{'columns': ['customer_id', 'transition_date']}]
    )
}}

with

recompute as (
    {{ customers_to_recompute() }}
),

states as (
    select * from {{ ref('lifecycle_states') }}
    where as_of_date = stage_since and as_of_date >= (select min(from_date) from recompute)
),

final as (
    select
        states.customer_id,
        states.as_of_date as transition_date,
        states.previous_stage as from_stage,
        states.stage as to_stage,
        states.entry_trigger as trigger
    from states
    inner join recompute
        on states.customer_id = recompute.customer_id and states.as_of_date >= recompute.from_date
)

select * from final
