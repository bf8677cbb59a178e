with

versions as (

    select versions.*
    from {{ source('raw', 'consents') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'consents'), ['party_id', 'purpose', 'channel']) }}

),

final as (

    select
        party_id,
        purpose,
        channel,
        status,
        valid_from,
        revoked_at,
        {{ business_date('revoked_at') }} as revoked_date,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
