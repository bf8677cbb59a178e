with

versions as (

    select versions.*
    from {{ source('raw', 'credit_status') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'credit_status'), ['party_id', 'status_date']) }}

),

final as (

    select
        party_id,
        status_date,
        overdue_days,
        open_rejection_date,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
