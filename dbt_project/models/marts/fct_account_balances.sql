-- depends_on: {{ ref('stg_landing__daily_balances') }}
{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'balance_date', 'grain': 'month'},
    touched=[
        {'by': 'keys_from', 'relation': 'int_account_balances__touched', 'keys': ['account_id'],
         'column': 'balance_date', 'since': 'from_date'},
        {'by': 'new_keys', 'keys': ['account_id', 'balance_date']},
    ],
    partition_indexes=[
        {'columns': ['account_id', 'balance_date']},
        {'columns': ['account_id', 'valid_to_date']},
        {'columns': ['customer_id', 'balance_date']},
        {'columns': ['account_id'], 'where': 'valid_to_date is null'},
        {'columns': ['valid_to_date']},
    ]
) }}

{%- set partial = is_partial_build() %}

with

owners as (

    select * from {{ ref('int_account_owners__history') }}

),

{% if partial -%}
touched as (

    select * from {{ ref('int_account_balances__touched') }}

),

-- the balance in force on the day before is carried to a new end
carried as (

    select existing.*
    from {{ this }} as existing
    inner join touched on existing.account_id = touched.account_id
    where existing.valid_to_date is null
        and existing.balance_date < touched.from_date
    union all
    select existing.*
    from {{ this }} as existing
    inner join touched
        on existing.account_id = touched.account_id
        and existing.valid_to_date >= {{ add_days('touched.from_date', -1) }}
    where existing.balance_date < touched.from_date

),

restated as (

    select
        versions.*,
        row_number() over (
            partition by versions.account_id, versions.balance_date
            order by versions.updated_at desc, versions.arrived_date desc
        ) as version_rank
    from {{ ref('stg_landing__daily_balances_versions') }} as versions
    inner join touched
        on versions.account_id = touched.account_id
        and versions.balance_date >= touched.from_date

),

wanted as (

    select account_id, balance_date, ledger_balance, market_value, currency_code, is_estimated
    from restated
    where version_rank = 1
    union all
    select account_id, balance_date, ledger_balance, market_value, currency_code, is_estimated
    from carried

),
{%- else -%}
wanted as (

    select * from {{ ref('stg_landing__daily_balances') }}

),
{%- endif %}

periods as (

    select
        account_id,
        balance_date,
        coalesce(
            {{ add_days('lead(balance_date) over (partition by account_id order by balance_date)', -1) }},
            {{ last_day() }}
        ) as valid_to_date,
        ledger_balance,
        market_value,
        currency_code,
        is_estimated
    from wanted

),

-- a change of owner splits a period
owned as (

    select
        periods.account_id,
        owners.customer_id,
        greatest(periods.balance_date, owners.valid_from) as balance_date,
        least(periods.valid_to_date, owners.valid_to) as valid_to_date,
        periods.ledger_balance,
        periods.market_value,
        periods.currency_code,
        periods.is_estimated
    from periods
    left join owners
        on periods.account_id = owners.account_id
        and periods.balance_date <= owners.valid_to
        and periods.valid_to_date >= owners.valid_from

),

final as (

    select
        account_id,
        customer_id,
        balance_date,
        nullif(valid_to_date, {{ last_day() }}) as valid_to_date,
        ledger_balance,
        market_value,
        currency_code,
        is_estimated
    from owned

)

select * from final
