with

versions as (

    select versions.*
    from {{ source('raw', 'partner_events') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'partner_events'), ['partner_event_id']) }}

),

final as (

    select
        partner_event_id,
        party_id,
        partner,
        event_name,
        event_at,
        {{ business_date('event_at') }} as event_date,
        consent_purpose,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
