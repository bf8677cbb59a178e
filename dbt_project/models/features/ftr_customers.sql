{{
    config(
        materialized='partitioned_incremental',
        partition_by={'column': 'as_of_date', 'grain': 'day'},
        touched={'by': 'dates'},
        partition_indexes=[{'columns': ['as_of_date', 'customer_id']}],
        post_hook="{{ keep_nights(35) }}"
    )
}}
{#- Every source is cut at the night: nothing dated later may change a feature. -#}
{% set night = night_date() %}

with

-- no features of erased customers: so no scores, no tags, no lists, and no rows to train on
customers as (
    select known.*
    from {{ ref('dim_customers') }} as known
    left join {{ ref('int_customers__erased') }} as erased on known.customer_id = erased.customer_id
    where least(known.first_seen_date, known.first_opened_date) <= {{ night }}
        and erased.customer_id is null
),

profiling as (
    {{ profiling_customers() }}
),

days as (
    select * from {{ ref('ftr_customers__daily') }} where as_of_date = {{ night }}
),

aum as (
    select * from {{ ref('fct_customer_aum') }} where as_of_date = {{ night }}
),

windows as (
    select * from {{ ref('ftr_customers__windows') }} where as_of_date = {{ night }}
),

contacts as (
    select customer_id, cast(count(*) as integer) as contact_count_30d
    from {{ ref('fct_contacts') }}
    where contacted_date > {{ add_days(night, -30) }} and contacted_date <= {{ night }}
    group by customer_id
),

responses as (
    select customer_id, cast(count(*) as integer) as response_count_90d
    from {{ ref('fct_responses') }}
    where responded_date > {{ add_days(night, -90) }} and responded_date <= {{ night }}
    group by customer_id
),

described as (
    select
        customers.customer_id,
        profiling.customer_id is not null
        or {{ current_night_column('profiling_basis') }} is not null as has_profiling_basis,
        coalesce(customers.is_deceased, false) as is_deceased,
        case when customers.birth_date <= {{ night }} then {{ age_on('customers.birth_date', night) }} end
            as age_years
    from customers
    left join profiling on customers.customer_id = profiling.customer_id
),

final as (
    select
        described.customer_id,
        {{ night }} as as_of_date,
        described.has_profiling_basis
        and not described.is_deceased
        and coalesce(described.age_years >= 18, false)
        and coalesce(days.open_product_count > 0, false) as is_scorable,
        described.has_profiling_basis,
        days.days_on_book,
        described.age_years,
        {% for name in [
            'customer_initiated_count_30d', 'customer_initiated_count_90d', 'customer_initiated_count_180d',
            'active_days_90d'
        ] -%}
        coalesce(windows.{{ name }}, 0) as {{ name }},
        {% endfor -%}
        {{ days_between('days.last_activity_date', night) }} as days_since_last_activity,
        case
            when windows.active_days_180d > 1 then cast(
                cast({{ days_between('windows.first_active_date_180d', 'days.last_activity_date') }}
                    as numeric(18, 6)) / (windows.active_days_180d - 1) as numeric(18, 6))
        end as mean_gap_days_180d,
        {% for name in [
            'app_count_90d', 'branch_count_90d', 'atm_count_90d', 'pos_count_90d', 'online_count_90d',
            'card_spend_amount_90d', 'transfer_in_amount_90d', 'transfer_out_amount_90d',
            'salary_amount_90d', 'cash_withdrawal_amount_90d', 'distinct_merchant_categories_90d'
        ] -%}
        coalesce(windows.{{ name }}, 0) as {{ name }},
        {% endfor -%}
        aum.aum_amount,
        aum.month_average_amount as aum_month_average_amount,
        {% for category in ['demand', 'deposit', 'wealth', 'fund'] -%}
        cast(
            cast(aum.{{ category }}_amount as numeric(38, 6)) / nullif(aum.aum_amount, 0) as numeric(18, 6)
        ) as {{ category }}_share,
        {% endfor -%}
        coalesce(days.open_product_count, 0) as open_product_count,
        coalesce(windows.app_session_count_90d, 0) as app_session_count_90d,
        coalesce(windows.branch_visit_count_90d, 0) as branch_visit_count_90d,
        coalesce(contacts.contact_count_30d, 0) as contact_count_30d,
        coalesce(responses.response_count_90d, 0) as response_count_90d,
        cast({{ current_night_column('currency_code') }} as text) as currency_code
    from described
    left join days on described.customer_id = days.customer_id
    left join aum on described.customer_id = aum.customer_id
    left join windows on described.customer_id = windows.customer_id
    left join contacts on described.customer_id = contacts.customer_id
    left join responses on described.customer_id = responses.customer_id
)

select * from final
