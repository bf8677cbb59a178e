with

versions as (

    select versions.*
    from {{ source('raw', 'exchange_rates') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'exchange_rates'), ['currency_code', 'rate_date']) }}

),

final as (

    select
        currency_code,
        rate_date,
        rate,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
