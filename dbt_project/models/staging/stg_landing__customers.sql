with

versions as (

    select versions.*
    from {{ source('raw', 'customers') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'customers'), ['party_id']) }}

),

final as (

    select
        party_id,
        party_type,
        name_token,
        document_no_token,
        mobile_token,
        email_token,
        address_token,
        gender,
        birth_date,
        occupation,
        income_band,
        marital_status,
        has_children,
        region,
        branch_id,
        relationship_manager_id,
        opened_date,
        closed_date,
        is_staff,
        is_deceased,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
