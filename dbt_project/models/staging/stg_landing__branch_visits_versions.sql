with

versions as (

    select versions.*
    from {{ source('raw', 'branch_visits') }} as versions
    where {{ has_entered('versions') }}

),

final as (

    select
        visit_id,
        party_id,
        branch_id,
        visited_at,
        {{ business_date('visited_at') }} as visit_date,
        purpose,
        served_by,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
