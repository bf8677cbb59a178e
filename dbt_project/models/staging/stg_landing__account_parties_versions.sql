with

versions as (

    select versions.*
    from {{ source('raw', 'account_parties') }} as versions
    where {{ has_entered('versions') }}

),

final as (

    select
        account_id,
        party_id,
        role,
        valid_from,
        valid_to,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
