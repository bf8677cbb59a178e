with

customers as (

    select * from {{ ref('int_recompute__customers') }}

),

final as (

    select customer_id, from_date
    from customers
    where from_date < {{ span_from() }}

)

select * from final
