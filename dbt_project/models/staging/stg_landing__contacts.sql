with

versions as (

    select versions.*
    from {{ source('raw', 'contacts') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'contacts'), ['contact_id']) }}

),

final as (

    select
        contact_id,
        list_row_id,
        party_id,
        channel,
        campaign_id,
        contacted_at,
        {{ business_date('contacted_at') }} as contacted_date,
        delivery_status,
        disposition,
        agent_id,
        cost_amount,
        currency_code,
        script_id,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
