with

lifecycle as (
    select known.*
    from {{ ref('lifecycle_current') }} as known
    left join {{ ref('int_customers__erased') }} as erased on known.customer_id = erased.customer_id
    where erased.customer_id is null
),

final as (
    select
        customer_id,
        as_of_date,
        stage as lifecycle_stage,
        previous_stage,
        days_in_stage,
        is_activated,
        is_never_activated,
        days_on_book <= {{ tag_limit('new_to_bank_last_day') }} as is_new_to_bank
    from lifecycle
)

select * from final
