{#-
  Accounts of the same customer and product that overlap or touch are one holding. An account is
  its owner's of the day.
-#}

with

owned as (
    select
        owners.customer_id,
        accounts.product_id,
        accounts.category,
        accounts.account_id,
        greatest(accounts.opened_date, owners.valid_from) as opened_date,
        least(
            coalesce(accounts.closed_date, {{ last_day() }}),
            {{ add_days('owners.valid_to', 1) }},
            {{ last_day() }}
        ) as closed_date
    from {{ ref('dim_accounts') }} as accounts
    inner join {{ ref('int_account_owners__history') }} as owners
        on accounts.account_id = owners.account_id
    where owners.customer_id is not null and accounts.opened_date <= {{ night_date() }}
),

accounts as (
    select * from owned
    where closed_date > opened_date and opened_date <= {{ night_date() }}
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
        nullif(max(closed_date), {{ last_day() }}) as held_to,
        cast(count(*) as integer) as account_count
    from numbered
    group by customer_id, product_id, category, holding_number
)

select * from final
