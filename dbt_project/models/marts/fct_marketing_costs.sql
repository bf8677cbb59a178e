with

marketing_costs as (

    select * from {{ ref('stg_landing__marketing_costs') }}

),

final as (

    select
        cost_date,
        channel,
        campaign_id,
        cost_amount,
        currency_code
    from marketing_costs

)

select * from final
