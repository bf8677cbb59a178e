with

accounts as (

    select * from {{ ref('dim_accounts') }}

),

owners as (

    select * from {{ ref('int_account_owners__history') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

postings as (

    select * from {{ ref('fct_transactions') }}

),

app_events as (

    select * from {{ ref('fct_app_events') }}

),

balances as (

    select * from {{ ref('fct_account_balances') }}

),

rates as (

    select * from {{ ref('int_exchange_rates__in_force') }}

),

-- openings before the first loaded day have no touches to speak of: they are holdings, not conversions
openings as (

    select
        accounts.account_id,
        owners.customer_id,
        accounts.product_id,
        accounts.currency_code,
        accounts.opened_date,
        least({{ add_days('accounts.opened_date', 7) }}, {{ night_date() }}) as balance_as_of_date
    from accounts
    inner join owners
        on accounts.account_id = owners.account_id
        and accounts.opened_date between owners.valid_from and owners.valid_to
    where owners.customer_id is not null
        and accounts.opened_date >= {{ current_night_column('first_loaded_date') }}

),

first_postings as (

    select postings.account_id, min(postings.booked_at) as booked_at
    from postings
    inner join openings
        on postings.account_id = openings.account_id
        and postings.booked_date <= openings.opened_date
    group by postings.account_id

),

completions as (

    select openings.account_id, min(app_events.event_at) as event_at
    from openings
    inner join app_events
        on openings.customer_id = app_events.customer_id
        and openings.opened_date = app_events.event_date
        and openings.product_id = app_events.product_id
    where app_events.event_name = {{ application_completed_event() }}
    group by openings.account_id

),

timed as (

    select
        openings.*,
        case
            when first_postings.booked_at >= {{ end_of_business_date(add_days('openings.opened_date', -1)) }}
                then first_postings.booked_at
            when completions.event_at is not null then completions.event_at
            else {{ end_of_business_date('openings.opened_date') }}
        end as converted_at
    from openings
    left join first_postings on openings.account_id = first_postings.account_id
    left join completions on openings.account_id = completions.account_id

),

-- in the bank's currency, half a minor unit away from zero; what is owed counts as what was lent
valued as (

    select
        timed.account_id,
        timed.customer_id,
        timed.product_id,
        timed.converted_at,
        timed.opened_date,
        products.annual_margin_bps,
        cast(round(products.unit_contribution * product_rates.rate) as bigint) as unit_contribution,
        cast(round(
            case
                when products.category in ('mortgage', 'consumer_loan', 'credit_card', 'instalment')
                    then abs(balances.ledger_balance)
                else greatest(coalesce(balances.market_value, balances.ledger_balance), 0)
            end * rates.rate
        ) as bigint) as opening_balance
    from timed
    left join products on timed.product_id = products.product_id
    left join balances
        on timed.account_id = balances.account_id
        and timed.balance_as_of_date >= balances.balance_date
        and timed.balance_as_of_date <= coalesce(balances.valid_to_date, {{ last_day() }})
    left join rates
        on timed.currency_code = rates.currency_code
        and timed.balance_as_of_date between rates.valid_from and rates.valid_to
    left join rates as product_rates
        on products.currency_code = product_rates.currency_code
        and timed.balance_as_of_date between product_rates.valid_from and product_rates.valid_to

),

final as (

    select
        {{ dbt.hash("'product_opening:' || account_id") }} as conversion_id,
        customer_id,
        'product_opening' as goal_type,
        product_id,
        account_id,
        converted_at,
        opened_date as converted_date,
        coalesce(
            cast(round(cast(annual_margin_bps as numeric) * opening_balance / 10000) as bigint),
            unit_contribution,
            cast(0 as bigint)
        ) as value_amount,
        opening_balance,
        {{ current_night_column('currency_code') }} as currency_code
    from valued

)

select * from final
