{#- Accounts of the same customer and product that overlap or touch are one holding. -#}
{% set open_end = "cast('9999-12-31' as date)" %}

with

accounts as (
    select
        customer_id,
        product_id,
        category,
        account_id,
        opened_date,
        coalesce(closed_date, {{ open_end }}) as closed_date
    from {{ ref('dim_accounts') }}
    where
        customer_id is not null
        and opened_date <= {{ night_date() }}
        and (closed_date is null or closed_date > opened_date)
),

with_reach as (
    select
        *,
        max(closed_date) over (
            partition by customer_id, product_id order by opened_date, account_id
            rows between unbounded preceding and 1 preceding
        ) as reached_date
    from accounts
),

numbered as (
    select
        *,
        sum(case when reached_date >= opened_date then 0 else 1 end) over (
            partition by customer_id, product_id order by opened_date, account_id
        ) as holding_number
    from with_reach
),

final as (
    select
        customer_id,
        product_id,
        category,
        min(opened_date) as held_from,
        nullif(max(closed_date), {{ open_end }}) as held_to,
        cast(count(*) as integer) as account_count
    from numbered
    group by customer_id, product_id, category, holding_number
)

select * from final
