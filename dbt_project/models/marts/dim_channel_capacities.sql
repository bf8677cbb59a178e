with

channel_capacities as (

    select * from {{ ref('stg_landing__channel_capacities') }}

),

final as (

    select
        capacity_date,
        channel,
        branch_id,
        relationship_manager_id,
        seats
    from channel_capacities

)

select * from final
