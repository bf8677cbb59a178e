-- A row here is an account whose balance is unknown on a day after its first, or known twice: AUM
-- of that day would be wrong. Looks at the accounts whose periods this run wrote: those that end or
-- begin in it, and all periods of the few that were restated from an earlier day.
with

balances as {{ read_in_place() }} (

    select * from {{ ref('fct_account_balances') }}

),

periods as (

    {% if run_covers_all_days() -%}
    select account_id, balance_date, valid_to_date from balances
    {%- else -%}
    {% for column in ['balance_date', 'valid_to_date'] -%}
    select account_id, balance_date, valid_to_date
    from balances
    where {{ column }} between {{ add_days(span_from(), -1) }} and {{ last_day() }}
    union distinct
    {% endfor -%}
    select found.account_id, found.balance_date, found.valid_to_date
    from {{ ref('int_account_balances__touched') }} as touched
    {{ each_of() }} (
        select * from balances where balances.account_id = touched.account_id
        {{ looked_up() }}
    ) as found
    where touched.from_date < {{ span_from() }}
    {%- endif %}

),

ordered as (

    select
        *,
        lead(balance_date) over (partition by account_id order by balance_date) as next_date
    from periods

)

select *
from ordered
where valid_to_date < balance_date
    or (next_date is null and valid_to_date is not null)
    or (next_date is not null and valid_to_date is null)
    or next_date <> {{ add_days('valid_to_date', 1) }}
