with

products as (

    select * from {{ ref('stg_landing__products') }}

),

final as (

    select
        product_id,
        label_en,
        label_zh,
        category,
        is_investment_linked,
        risk_rating,
        annual_margin_bps,
        unit_contribution,
        currency_code,
        interest_rate,
        repayment_method,
        is_on_sale
    from products

)

select * from final
