with

versions as (

    select versions.*
    from {{ source('raw', 'service_cases') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'service_cases'), ['case_id']) }}

),

final as (

    select
        case_id,
        party_id,
        kind,
        severity,
        opened_at,
        {{ business_date('opened_at') }} as opened_date,
        closed_at,
        {{ business_date('closed_at') }} as closed_date,
        satisfaction,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
