-- A row here is an account whose balance is unknown on a day after its first, or known twice: AUM
-- of that day would be wrong. Looks at the periods in force since a month before this run.
with

periods as (

    select
        account_id,
        balance_date,
        valid_to_date,
        lead(balance_date) over (partition by account_id order by balance_date) as next_date
    from {{ ref('fct_account_balances') }}
    where valid_to_date is null
        or valid_to_date >= {{ add_days(span_from(), -31) }}

)

select *
from periods
where valid_to_date < balance_date
    or (next_date is null and valid_to_date is not null)
    or (next_date is not null and valid_to_date is null)
    or next_date <> {{ add_days('valid_to_date', 1) }}
