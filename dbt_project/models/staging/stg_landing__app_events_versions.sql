with

versions as (

    select versions.*
    from {{ source('raw', 'app_events') }} as versions
    where {{ has_entered('versions') }}

),

final as (

    select
        event_id,
        party_id,
        device_id_token,
        session_id,
        event_at,
        {{ business_date('event_at') }} as event_date,
        event_name,
        page,
        product_id,
        source_campaign_id,
        channel,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
