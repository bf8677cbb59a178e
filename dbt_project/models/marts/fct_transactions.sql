{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'booked_date', 'grain': 'month'},
    touched=[
        {'by': 'keys', 'relation': 'int_transactions__touched', 'keys': ['transaction_id']},
        {'by': 'keys', 'relation': 'int_account_owners__touched', 'keys': ['account_id']},
    ],
    partition_indexes=[
        {'columns': ['transaction_id']},
        {'columns': ['account_id', 'booked_date']},
        {'columns': ['customer_id', 'booked_date']},
        {'columns': ['reverses_transaction_id'], 'where': 'reverses_transaction_id is not null'},
    ]
) }}

{%- set partial = is_partial_build() %}

with

postings as (

    select * from {{ ref('stg_landing__transactions') }}

),

owners as (

    select * from {{ ref('int_account_owners__history') }}

),

{% if partial -%}
touched as (

    select transaction_id from {{ ref('int_transactions__touched') }}
    union distinct
    select existing.transaction_id
    from {{ this }} as existing
    inner join {{ ref('int_account_owners__touched') }} as moved on existing.account_id = moved.account_id

),

wanted as (

    select postings.*
    from postings
    inner join touched on postings.transaction_id = touched.transaction_id

),

reversed as (

    select reverses_transaction_id as transaction_id
    from wanted
    where reverses_transaction_id is not null
    union distinct
    select existing.reverses_transaction_id
    from {{ this }} as existing
    inner join touched on existing.reverses_transaction_id = touched.transaction_id
    left join touched as replaced on existing.transaction_id = replaced.transaction_id
    where replaced.transaction_id is null

),
{%- else -%}
wanted as (

    select * from postings

),

reversed as (

    select distinct reverses_transaction_id as transaction_id
    from postings
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
