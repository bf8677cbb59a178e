-- depends_on: {{ ref('stg_landing__transactions') }}
{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'booked_date', 'grain': 'month'},
    touched=[
        {'by': 'keys', 'relation': 'int_transactions__touched', 'keys': ['transaction_id'], 'known': 'may_exist'},
        {'by': 'keys_from', 'relation': 'int_account_owners__touched', 'keys': ['account_id'],
         'column': 'booked_date', 'since': 'from_date'},
    ],
    partition_indexes=[
        {'columns': ['transaction_id', 'booked_date'], 'unique': true},
        {'columns': ['booked_date'], 'block_range': true},
        {'columns': ['account_id', 'booked_date']},
        {'columns': ['customer_id', 'booked_date']},
        {'columns': ['reverses_transaction_id'], 'where': 'reverses_transaction_id is not null'},
    ]
) }}

{%- set partial = is_partial_build() %}

with

owners as (

    select * from {{ ref('int_account_owners__history') }}

),

{% if partial -%}
touched as (

    select * from {{ ref('int_transactions__touched') }}

),

moved_accounts as (

    select * from {{ ref('int_account_owners__touched') }}

),

-- rows that stay as they are, of accounts that may have another owner
moved as (

    select existing.*
    from {{ this }} as existing
    inner join moved_accounts
        on existing.account_id = moved_accounts.account_id
        and existing.booked_date >= moved_accounts.from_date
    left join touched on existing.transaction_id = touched.transaction_id
    where touched.transaction_id is null

),

wanted as (

    {% for origin, condition in [('touched', 'where is_in_force'), ('moved', '')] -%}
    select
        transaction_id,
        account_id,
        booked_at,
        booked_date,
        amount,
        currency_code,
        transaction_type,
        merchant_category,
        counterparty_token,
        channel,
        is_customer_initiated,
        reverses_transaction_id,
        arrived_date
    from {{ origin }} {{ condition }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

-- taken back by a posting of this run, or by one that this run leaves alone
reversed as (

    select reverses_transaction_id as transaction_id
    from wanted
    where reverses_transaction_id is not null
    union distinct
    select existing.reverses_transaction_id
    from {{ this }} as existing
    inner join wanted on existing.reverses_transaction_id = wanted.transaction_id
    left join touched on existing.transaction_id = touched.transaction_id
    where touched.transaction_id is null

),
{%- else -%}
wanted as (

    select * from {{ ref('stg_landing__transactions') }}

),

reversed as (

    select distinct reverses_transaction_id as transaction_id
    from {{ ref('stg_landing__transactions') }}
    where reverses_transaction_id is not null

),
{%- endif %}

final as (

    select
        wanted.transaction_id,
        wanted.account_id,
        owners.customer_id,
        wanted.booked_at,
        wanted.booked_date,
        wanted.amount,
        wanted.currency_code,
        wanted.transaction_type,
        wanted.merchant_category,
        wanted.counterparty_token,
        wanted.channel,
        wanted.is_customer_initiated,
        wanted.reverses_transaction_id,
        reversed.transaction_id is not null as is_reversed,
        wanted.arrived_date
    from wanted
    left join owners
        on wanted.account_id = owners.account_id
        and wanted.booked_date between owners.valid_from and owners.valid_to
    left join reversed on wanted.transaction_id = reversed.transaction_id

)

select * from final
