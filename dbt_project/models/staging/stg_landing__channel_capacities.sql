with

versions as (

    select versions.*
    from {{ source('raw', 'channel_capacities') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'channel_capacities'), ['capacity_date', 'channel', 'branch_id', 'relationship_manager_id']) }}

),

final as (

    select
        capacity_date,
        channel,
        branch_id,
        relationship_manager_id,
        seats,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
