with

versions as (

    select versions.*
    from {{ source('raw', 'daily_balances') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'daily_balances'), ['account_id', 'balance_date']) }}

),

final as (

    select
        account_id,
        balance_date,
        ledger_balance,
        market_value,
        currency_code,
        is_estimated,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
