{{ config(pre_hook="{{ favour_index_lookups() }}") }}

with

{{ touched_keys(ref('stg_landing__transactions_versions'), 'transaction_id') }}

-- a posting that was loaded by an earlier attempt and is gone has no version: it is to be removed
touched_versions as (

    select
        touched.transaction_id as touched_id,
        touched.touched_night,
        touched.is_repeated,
        versions.*
    from touched
    left join {{ ref('stg_landing__transactions_versions') }} as versions
        on touched.transaction_id = versions.transaction_id

),

-- what a touched posting takes back, or once took back
targets as (

    select
        touched_versions.reverses_transaction_id as transaction_id,
        max(touched_versions.touched_night) as touched_night
    from touched_versions
    left join touched on touched_versions.reverses_transaction_id = touched.transaction_id
    where touched_versions.reverses_transaction_id is not null
        and touched.transaction_id is null
    group by touched_versions.reverses_transaction_id

),

target_versions as (

    select
        targets.transaction_id as touched_id,
        targets.touched_night,
        1 as is_repeated,
        versions.*
    from targets
    inner join {{ ref('stg_landing__transactions_versions') }} as versions
        on targets.transaction_id = versions.transaction_id

),

all_versions as (

    select * from touched_versions
    union all
    select * from target_versions

),

final as (

    select
        touched_id as transaction_id,
        touched_night,
        row_number() over (
            partition by touched_id
            order by updated_at desc nulls last, arrived_date desc
        ) = 1 and transaction_id is not null as is_in_force,
        max(case when is_repeated = 1 or enters_date < {{ span_from() }} then 1 else 0 end)
            over (partition by touched_id) = 1 as may_exist,
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
    from all_versions

)

select * from final
