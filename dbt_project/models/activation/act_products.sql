with

products as (

    select * from {{ ref('dim_products') }}

),

categories as (

    select * from {{ ref('act_product_categories') }}

),

assumptions as (

    select *
    from {{ ref('act_category_values') }}
    where currency_code = {{ current_night_column('currency_code') }}

),

quotas as (

    select product_id
    from {{ ref('act_product_regions') }}
    group by product_id

),

final as (

    select
        products.product_id,
        products.label_en,
        products.label_zh,
        products.category,
        categories.purpose,
        case
            when products.is_investment_linked then 'investment'
            else categories.suitability
        end as suitability,
        {{ rank_of_level('products.risk_rating') }} as risk_rating_rank,
        products.is_on_sale,
        quotas.product_id is not null as has_quota,
        products.interest_rate,
        products.repayment_method,
        cast(coalesce(
            products.unit_contribution,
            cast(round(
                cast(products.annual_margin_bps as numeric) * assumptions.opening_balance_amount / 10000
            ) as bigint),
            0
        ) as bigint) as contribution_amount,
        cast(coalesce(assumptions.success_rate, 0) as numeric(18, 9)) as success_rate
    from products
    left join categories on products.category = categories.category
    left join assumptions on products.category = assumptions.category
    left join quotas on products.product_id = quotas.product_id

)

select * from final
