with

versions as (

    select versions.*
    from {{ source('raw', 'responses') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'responses'), ['response_id']) }}

),

final as (

    select
        response_id,
        contact_id,
        responded_at,
        {{ business_date('responded_at') }} as responded_date,
        response,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
