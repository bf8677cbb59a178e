{{
    config(
        materialized='partitioned_incremental',
        partition_by={'column': 'transition_date', 'grain': 'month'},
        touched={'by': 'customers'},
        partition_indexes=[{'columns': ['customer_id', 'transition_date']}]
    )
}}

with

states as (
    {{ recomputed_rows(ref('lifecycle_states'), 'as_of_date') }}
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
)

select * from final
