with

versions as (

    select versions.*
    from {{ source('raw', 'campaign_assignments') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'campaign_assignments'), ['assignment_id']) }}

),

final as (

    select
        assignment_id,
        campaign_id,
        campaign_type,
        party_id,
        product_id,
        channel,
        arm,
        assignment_probability,
        assigned_date,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
