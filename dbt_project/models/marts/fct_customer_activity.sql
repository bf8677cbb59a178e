{{
    config(
        materialized='partitioned_incremental',
        partition_by={'column': 'activity_date', 'grain': 'month'},
        touched={'by': 'customers'},
        partition_indexes=[{'columns': ['customer_id', 'activity_date']}, {'columns': ['activity_date'], 'block_range': true}]
    )
}}
{#- A posting that was reversed, and the posting that reverses it, never happened. -#}

with

postings as (
    {{ recomputed_rows(ref('fct_transactions'), 'booked_date') }}
),

converted as (
    select
        postings.customer_id,
        postings.booked_date,
        postings.transaction_type,
        postings.channel,
        postings.is_customer_initiated,
        case
            when postings.currency_code = {{ current_night_column('currency_code') }} then postings.amount
            else {{ convert_amount('postings.amount', 'rates.factor') }}
        end as amount
    from postings
    left join {{ ref('int_aum__exchange_rates') }} as rates
        on postings.currency_code = rates.currency_code
        and postings.currency_code <> {{ current_night_column('currency_code') }}
        and postings.booked_date between rates.valid_from and rates.valid_to
    where not postings.is_reversed and postings.reverses_transaction_id is null
),

final as (
    select
        customer_id,
        booked_date as activity_date,
        cast(sum(case when is_customer_initiated then 1 else 0 end) as integer) as customer_initiated_count,
        {{ sum_of_size('is_customer_initiated') }} as customer_initiated_amount,
        {{ sum_of_size('is_customer_initiated and amount > 0') }} as customer_initiated_in_amount,
        {{ sum_of_size('is_customer_initiated and amount < 0') }} as customer_initiated_out_amount,
        cast(sum(case when is_customer_initiated then 0 else 1 end) as integer) as automatic_count,
        {{ sum_of_size('not is_customer_initiated') }} as automatic_amount,
        {{ sum_of_size('not is_customer_initiated and amount > 0') }} as automatic_in_amount,
        {{ sum_of_size('not is_customer_initiated and amount < 0') }} as automatic_out_amount,
        {% for channel in ['app', 'branch', 'atm', 'pos', 'online'] -%}
        cast(sum(
            case when is_customer_initiated and channel = '{{ channel }}' then 1 else 0 end
        ) as integer) as {{ channel }}_count,
        {% endfor -%}
        {{ sum_of_size("transaction_type = 'card_purchase'") }} as card_spend_amount,
        {{ sum_of_size("transaction_type = 'transfer_in'") }} as transfer_in_amount,
        {{ sum_of_size("transaction_type = 'transfer_out'") }} as transfer_out_amount,
        {{ sum_of_size("transaction_type = 'salary'") }} as salary_amount,
        {{ sum_of_size("transaction_type = 'pension'") }} as pension_amount,
        {{ sum_of_size("transaction_type = 'deposit'") }} as cash_deposit_amount,
        {{ sum_of_size("transaction_type = 'withdrawal'") }} as cash_withdrawal_amount,
        {{ sum_of_size("transaction_type in ('deposit', 'transfer_in') and amount > 0") }} as inflow_amount,
        cast(sum(case when amount is null then 1 else 0 end) as integer) as unconverted_count,
        cast({{ current_night_column('currency_code') }} as text) as currency_code
    from converted
    group by customer_id, booked_date
)

select * from final
