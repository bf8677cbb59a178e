with

standing_orders as (

    select * from {{ ref('stg_landing__standing_orders') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        standing_orders.standing_order_id,
        standing_orders.account_id,
        accounts.customer_id,
        standing_orders.amount,
        standing_orders.currency_code,
        standing_orders.purpose,
        standing_orders.counterparty_token,
        standing_orders.starts_date,
        standing_orders.ends_date
    from standing_orders
    left join accounts on standing_orders.account_id = accounts.account_id

)

select * from final
