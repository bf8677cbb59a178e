with

versions as (

    select versions.*
    from {{ source('raw', 'leads') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'leads'), ['lead_id']) }}

),

final as (

    select
        lead_id,
        party_id,
        product_id,
        from_role,
        to_role,
        handed_at,
        {{ business_date('handed_at') }} as handed_date,
        accepted_at,
        {{ business_date('accepted_at') }} as accepted_date,
        outcome,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
