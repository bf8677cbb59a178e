-- A row here is a posting, balance or app event that entered in this run and is missing from its
-- mart, or stands there with another amount than its version in force.
with

missing_postings as (

    select 'posting' as kind, postings.transaction_id as row_id
    from {{ ref('stg_landing__transactions') }} as postings
    left join {{ ref('fct_transactions') }} as loaded
        on postings.transaction_id = loaded.transaction_id
        and postings.amount = loaded.amount
        and postings.booked_date = loaded.booked_date
    where {{ entered_in_this_run('postings') }}
        and loaded.transaction_id is null

),

missing_balances as (

    select 'balance' as kind, balances.account_id as row_id
    from {{ ref('stg_landing__daily_balances') }} as balances
    left join {{ ref('fct_account_balances') }} as loaded
        on balances.account_id = loaded.account_id
        and balances.balance_date = loaded.balance_date
        and balances.ledger_balance = loaded.ledger_balance
    where {{ entered_in_this_run('balances') }}
        and loaded.account_id is null

),

missing_events as (

    select 'app_event' as kind, events.event_id as row_id
    from {{ ref('stg_landing__app_events') }} as events
    left join {{ ref('fct_app_events') }} as loaded on events.event_id = loaded.event_id
    where {{ entered_in_this_run('events') }}
        and loaded.event_id is null

)

select * from missing_postings
union all
select * from missing_balances
union all
select * from missing_events
