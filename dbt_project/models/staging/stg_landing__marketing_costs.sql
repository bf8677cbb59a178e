with

versions as (

    select versions.*
    from {{ source('raw', 'marketing_costs') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'marketing_costs'), ['cost_date', 'channel', 'campaign_id']) }}

),

final as (

    select
        cost_date,
        channel,
        campaign_id,
        cost_amount,
        currency_code,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
