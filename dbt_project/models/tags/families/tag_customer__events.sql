{% set night = night_date() %}
{% set first_loaded = current_night_column('first_loaded_date') %}

with

features as (
    select * from {{ ref('ftr_customers') }} where as_of_date = {{ night }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

today as (
    select * from {{ ref('fct_customer_activity') }} where activity_date = {{ night }}
),

-- a salary tonight that another one preceded lately
earlier_salaries as (
    select customer_id
    from {{ ref('ftr_customers__last_seen') }}
    where
        kind = 'income'
        and code = 'salary'
        and last_seen_date = {{ night }}
        and previous_seen_date > {{ add_days(night, '-cast(' ~ tag_limit('first_salary_days') ~ ' as integer)') }}
),

browsed as (
    select distinct events.customer_id
    from {{ ref('fct_app_events') }} as events
    left join {{ ref('fct_product_holdings') }} as held
        on events.customer_id = held.customer_id
        and events.product_id = held.product_id
        and held.held_from <= {{ night }}
        and (held.held_to is null or held.held_to >= events.event_date)
    where
        events.product_id is not null
        and events.event_date <= {{ night }}
        and events.event_date > {{ add_days(night, '-cast(' ~ tag_limit('browsing_days') ~ ' as integer)') }}
        and held.customer_id is null
),

birthdays as (
    select
        customers.customer_id,
        cast({{ dbt.dateadd('year', 'features.age_years', 'customers.birth_date') }} as date) as last_birthday,
        cast({{ dbt.dateadd('year', 'features.age_years + 1', 'customers.birth_date') }} as date) as next_birthday
    from customers
    inner join features on customers.customer_id = features.customer_id
),

final as (
    select
        features.customer_id,
        features.as_of_date,
        coalesce(today.inflow_amount >= {{ tag_limit('large_deposit') }}, false) as has_large_deposit_today,
        {{ if_profiled("(
            coalesce(today.salary_amount > 0, false)
            and earlier_salaries.customer_id is null
            and (
                customers.first_opened_date >= " ~ first_loaded ~ "
                or " ~ days_between(first_loaded, night) ~ " >= " ~ tag_limit('payroll_days') ~ "
            )
        )") }} as has_first_salary_today,
        {{ if_profiled("(browsed.customer_id is not null)") }} as has_browsed_without_purchase,
        case
            when birthdays.last_birthday = {{ night }} then 0
            else {{ days_between(night, 'birthdays.next_birthday') }}
        end as birthday_in_days
    from features
    inner join customers on features.customer_id = customers.customer_id
    left join today on features.customer_id = today.customer_id
    left join earlier_salaries on features.customer_id = earlier_salaries.customer_id
    left join browsed on features.customer_id = browsed.customer_id
    left join birthdays on features.customer_id = birthdays.customer_id
)

select * from final
