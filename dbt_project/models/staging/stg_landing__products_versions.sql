with

versions as (

    select versions.*
    from {{ source('raw', 'products') }} as versions
    where {{ has_entered('versions') }}

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
        is_on_sale,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
