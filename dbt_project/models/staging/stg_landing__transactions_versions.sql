with

versions as (

    select versions.*
    from {{ source('raw', 'transactions') }} as versions
    where {{ has_entered('versions') }}

),

final as (

    select
        transaction_id,
        account_id,
        booked_at,
        {{ business_date('booked_at') }} as booked_date,
        amount,
        currency_code,
        transaction_type,
        merchant_category,
        counterparty_token,
        channel,
        is_customer_initiated,
        reverses_transaction_id,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
