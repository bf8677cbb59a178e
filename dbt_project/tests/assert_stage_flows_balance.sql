-- A row means: the customers of a stage at the end of a day are not those at its start plus the
-- ones that came minus the ones that left, or not as many as have the stage that night.
with

balances as (
    select * from {{ ref('lifecycle_daily_balance') }}
),

yesterday as (
    select {{ add_days('as_of_date', 1) }} as as_of_date, stage, end_count from balances
),

states as (
    select stage, count(*) as customer_count
    from {{ ref('lifecycle_states') }}
    where as_of_date = {{ night_date() }}
    group by stage
)

select balances.as_of_date, balances.stage
from balances
left join yesterday
    on balances.as_of_date = yesterday.as_of_date and balances.stage = yesterday.stage
left join states on balances.stage = states.stage and balances.as_of_date = {{ night_date() }}
where
    balances.start_count + balances.in_count - balances.out_count <> balances.end_count
    or balances.start_count <> coalesce(yesterday.end_count, 0)
    or (
        balances.as_of_date = {{ night_date() }}
        and balances.end_count <> coalesce(states.customer_count, 0)
    )
