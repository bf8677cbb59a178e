{{ config(alias='bi_customers__build') }}

with

tags as (

    select *
    from {{ ref('customer_tags') }}
    where as_of_date = {{ night_date() }}

),

final as (

    select
        as_of_date,
        {{ current_night_column('night_id') }} as night_id,
        customer_id,
        party_type,
        lifecycle_stage,
        previous_stage,
        days_in_stage,
        value_tier,
        is_near_tier,
        risk_tier,
        age_band,
        region,
        persona_id,
        activity_band,
        preferred_channel,
        is_digital,
        open_product_count,
        aum_month_average_amount,
        {{ current_night_column('currency_code') }} as currency_code
    from tags

)

select * from final
