with

product_quotas as (

    select * from {{ ref('stg_landing__product_quotas') }}

),

final as (

    select
        quota_date,
        product_id,
        region,
        quota
    from product_quotas

)

select * from final
