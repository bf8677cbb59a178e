with

customers as (

    select * from {{ ref('attr_customers_touched') }}

),

-- journeys that nobody touched may still end tonight, so the night's own month is always among them
final as (

    select
        {{ attr_window_days() }} as window_days,
        {{ first_of_month(
            'least(coalesce(min(restart_date), ' ~ span_from() ~ '), ' ~ add_days(span_from(), -1) ~ ')'
        ) }} as first_period
    from customers

)

select * from final
