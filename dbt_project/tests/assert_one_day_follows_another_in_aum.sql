-- A row means: a customer with an account misses a day of AUM, so month-averages and the difference
-- of running totals would be wrong.
with

tonight as (
    select customer_id, cumulative_amount from {{ ref('fct_customer_aum') }}
    where as_of_date = {{ night_date() }}
)

select customers.customer_id
from {{ ref('dim_customers') }} as customers
left join tonight on customers.customer_id = tonight.customer_id
where customers.first_opened_date <= {{ night_date() }} and tonight.customer_id is null
