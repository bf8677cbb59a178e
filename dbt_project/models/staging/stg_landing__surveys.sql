with

versions as (

    select versions.*
    from {{ source('raw', 'surveys') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'surveys'), ['survey_id']) }}

),

final as (

    select
        survey_id,
        party_id,
        kind,
        score,
        campaign_id,
        answered_at,
        {{ business_date('answered_at') }} as answered_date,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
