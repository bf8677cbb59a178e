with

versions as (

    select versions.*
    from {{ source('raw', 'standing_orders') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'standing_orders'), ['standing_order_id']) }}

),

final as (

    select
        standing_order_id,
        account_id,
        amount,
        currency_code,
        purpose,
        counterparty_token,
        starts_date,
        ends_date,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
