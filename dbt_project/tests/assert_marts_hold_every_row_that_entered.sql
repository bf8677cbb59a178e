-- A row here is a posting, balance or app event that entered in this run and is missing from its
-- mart, or stands there with another amount than its version in force. Each row is looked up: a
-- join would read the marts of all years.
with

missing_postings as (

    select 'posting' as kind, postings.transaction_id as row_id
    from {{ ref('stg_landing__transactions') }} as postings
    {{ each_of() }} (
        select count(*) as row_count
        from {{ ref('fct_transactions') }} as loaded
        where
            loaded.transaction_id = postings.transaction_id
            and loaded.amount = postings.amount
            and loaded.booked_date = postings.booked_date
    ) as loaded
    where {{ entered_in_this_run('postings') }}
        and loaded.row_count = 0

),

missing_balances as (

    select 'balance' as kind, balances.account_id as row_id
    from {{ ref('stg_landing__daily_balances') }} as balances
    {{ each_of() }} (
        select count(*) as row_count
        from {{ ref('fct_account_balances') }} as loaded
        where
            loaded.account_id = balances.account_id
            and loaded.balance_date = balances.balance_date
            and loaded.ledger_balance = balances.ledger_balance
    ) as loaded
    where {{ entered_in_this_run('balances') }}
        and loaded.row_count = 0

),

missing_events as (

    select 'app_event' as kind, events.event_id as row_id
    from {{ ref('stg_landing__app_events') }} as events
    {{ each_of() }} (
        select count(*) as row_count
        from {{ ref('fct_app_events') }} as loaded
        where loaded.event_id = events.event_id and loaded.event_date = events.event_date
    ) as loaded
    where {{ entered_in_this_run('events') }}
        and loaded.row_count = 0

)

select * from missing_postings
union all
select * from missing_balances
union all
select * from missing_events
