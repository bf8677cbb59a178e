with

accounts as (

    select * from {{ ref('stg_landing__accounts') }}

),

owners as (

    select * from {{ ref('int_account_owners__history') }}

),

products as (

    select * from {{ ref('stg_landing__products') }}

),

owners_tonight as (

    select * from owners
    where {{ night_date() }} between valid_from and valid_to

),

final as (

    select
        accounts.account_id,
        owners_tonight.customer_id,
        accounts.product_id,
        products.category,
        accounts.branch_id,
        accounts.currency_code,
        accounts.opened_date,
        accounts.closed_date,
        accounts.status,
        accounts.maturity_date,
        accounts.contract_amount
    from accounts
    left join owners_tonight on accounts.account_id = owners_tonight.account_id
    left join products on accounts.product_id = products.product_id

)

select * from final
