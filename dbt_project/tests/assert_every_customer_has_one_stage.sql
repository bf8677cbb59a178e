-- A row means: a customer has no stage tonight, or more than one, so strategies and the daily
-- balance would lose or double that customer.
with

customers as (
    select customer_id from {{ ref('dim_customers') }}
    where least(first_seen_date, first_opened_date) <= {{ night_date() }}
),

states as (
    select customer_id, count(*) as stage_count
    from {{ ref('lifecycle_states') }}
    where as_of_date = {{ night_date() }}
    group by customer_id
)

select customers.customer_id, states.stage_count
from customers
left join states on customers.customer_id = states.customer_id
where coalesce(states.stage_count, 0) <> 1
