{{ config(materialized='view', post_hook="{{ as_of_function('stages_as_of') }}") }}

with

transitions as (
    select * from {{ ref('lifecycle_transitions') }}
),

final as (
    select
        customer_id,
        to_stage as stage,
        transition_date as valid_from,
        {{ add_days('lead(transition_date) over (partition by customer_id order by transition_date)', -1) }}
            as valid_to,
        trigger
    from transitions
)

select * from final
where stage is not null
