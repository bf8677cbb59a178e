-- Rows of this night are worked tomorrow: the newest quota up to then says where a product is offered.
with

quotas as (

    select
        product_id,
        region,
        quota,
        rank() over (partition by product_id order by quota_date desc) as recency
    from {{ ref('dim_product_quotas') }}
    where quota_date <= {{ add_days(night_date(), 1) }}

),

final as (

    select
        product_id,
        region,
        quota > 0 as is_offered
    from quotas
    where recency = 1

)

select * from final
