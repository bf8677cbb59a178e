-- depends_on: {{ ref('stg_landing__daily_balances') }}
{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'balance_date', 'grain': 'month'},
    touched=[
        {'by': 'keys_from', 'relation': 'int_account_balances__touched', 'keys': ['account_id'],
         'column': 'balance_date', 'since': 'from_date', 'known': 'may_exist'},
        {'by': 'new_keys', 'keys': ['account_id', 'balance_date']},
    ],
    partition_indexes=[
        {'columns': ['account_id', 'balance_date'], 'unique': true},
        {'columns': ['customer_id', 'balance_date']},
        {'columns': ['account_id'], 'where': 'valid_to_date is null'},
        {'columns': ['balance_date'], 'block_range': true},
        {'columns': ['valid_to_date'], 'block_range': true, 'where': 'valid_to_date is not null'},
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

-- nearly all begin in this run and are read by date; the few that begin earlier are looked up
late as (

    select * from touched where from_date < {{ span_from() }}

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
    inner join touched on existing.account_id = touched.account_id
    where touched.from_date >= {{ span_from() }}
        and existing.valid_to_date between {{ add_days(span_from(), -1) }} and {{ last_day() }}
        and existing.valid_to_date >= {{ add_days('touched.from_date', -1) }}
        and existing.balance_date < touched.from_date
    union all
    select existing.*
    from late
    {{ each_of() }} (
        select * from {{ this }} as rows_of_one
        where
            rows_of_one.account_id = late.account_id
            and rows_of_one.valid_to_date >= {{ add_days('late.from_date', -1) }}
            and rows_of_one.balance_date < late.from_date
        {{ looked_up() }}
    ) as existing

),

touched_versions as (

    select versions.*
    from {{ ref('stg_landing__daily_balances_versions') }} as versions
    inner join touched on versions.account_id = touched.account_id
    where touched.from_date >= {{ span_from() }}
        and {{ entered_in_this_run('versions') }}
        and versions.balance_date >= touched.from_date
    union all
    select versions.*
    from late
    {{ each_of() }} (
        select * from {{ ref('stg_landing__daily_balances_versions') }} as rows_of_one
        where
            rows_of_one.account_id = late.account_id
            and rows_of_one.balance_date >= late.from_date
        {{ looked_up() }}
    ) as versions

),

restated as (

    select
        *,
        row_number() over (
            partition by account_id, balance_date
            order by updated_at desc, arrived_date desc
        ) as version_rank
    from touched_versions

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
