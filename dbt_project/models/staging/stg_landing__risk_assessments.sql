with

versions as (

    select versions.*
    from {{ source('raw', 'risk_assessments') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'risk_assessments'), ['assessment_id']) }}

),

final as (

    select
        assessment_id,
        party_id,
        risk_level,
        assessed_at,
        {{ business_date('assessed_at') }} as assessed_date,
        valid_until,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
