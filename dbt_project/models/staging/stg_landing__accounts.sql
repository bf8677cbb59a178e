with

versions as (

    select versions.*
    from {{ source('raw', 'accounts') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'accounts'), ['account_id']) }}

),

final as (

    select
        account_id,
        product_id,
        branch_id,
        currency_code,
        opened_date,
        closed_date,
        status,
        maturity_date,
        contract_amount,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
