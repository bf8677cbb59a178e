with

accounts as (

    select * from {{ ref('dim_accounts') }}

),

final as (

    select
        customer_id,
        product_id,
        count(*) as open_account_count
    from accounts
    where opened_date <= {{ night_date() }}
        and (closed_date is null or closed_date > {{ night_date() }})
        and customer_id is not null
    group by customer_id, product_id

)

select * from final
