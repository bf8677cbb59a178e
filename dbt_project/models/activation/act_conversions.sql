with

conversions as (

    select *
    from {{ ref('fct_conversions') }}
    where converted_date <= {{ night_date() }}
        and converted_date > {{ add_days(night_date(), -400) }}

),

final as (

    select
        conversion_id,
        customer_id,
        goal_type,
        product_id,
        converted_date
    from conversions
    where customer_id is not null

)

select * from final
