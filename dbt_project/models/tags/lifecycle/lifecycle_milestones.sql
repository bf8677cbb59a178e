{#-
  What the first observed days cannot tell is null: whoever opened before the first loaded day may
  have done all of it before. Holdings are contracts and known from their own dates.
-#}
{% set first_loaded = current_night_column('first_loaded_date') %}

with

customers as (
    select
        customer_id,
        first_opened_date,
        first_opened_date >= {{ first_loaded }} as is_opening_observed
    from {{ ref('dim_customers') }}
    where first_opened_date <= {{ night_date() }}
),

days as (
    select customer_id, first_activity_date from {{ ref('ftr_customers__daily') }}
    where as_of_date = {{ night_date() }}
),

first_seen as (
    select
        customer_id,
        min(case when kind = 'income' and code = 'salary' then first_seen_date end) as first_salary_date,
        min(case when kind = 'visit' then first_seen_date end) as first_visit_date
    from {{ ref('ftr_customers__last_seen') }}
    where kind in ('income', 'visit')
    group by customer_id
),

products as (
    select customer_id, product_id, category, min(held_from) as first_held_date
    from {{ ref('fct_product_holdings') }}
    where held_from <= {{ night_date() }}
    group by customer_id, product_id, category
),

ranked as (
    select
        *,
        row_number() over (partition by customer_id order by first_held_date, product_id) as product_number
    from products
),

holdings as (
    select
        customer_id,
        min(case when product_number = 2 then first_held_date end) as second_product_date,
        min(case when category in ('wealth', 'fund') then first_held_date end) as first_wealth_date
    from ranked
    group by customer_id
),

final as (
    select
        customers.customer_id,
        customers.first_opened_date,
        case when customers.is_opening_observed then first_seen.first_visit_date end as first_visit_date,
        case when customers.is_opening_observed then days.first_activity_date end as activated_date,
        case when customers.is_opening_observed then first_seen.first_salary_date end as first_salary_date,
        holdings.second_product_date,
        holdings.first_wealth_date
    from customers
    left join days on customers.customer_id = days.customer_id
    left join first_seen on customers.customer_id = first_seen.customer_id
    left join holdings on customers.customer_id = holdings.customer_id
)

select * from final
