{% set channels = ['app', 'online', 'branch', 'atm', 'pos'] %}

with

features as (
    select * from {{ ref('ftr_customers') }} where as_of_date = {{ night_date() }}
),

activity_bands as (
    {{ bands_of_tag('activity_band') }}
),

tenure_bands as (
    {{ bands_of_tag('tenure_band') }}
),

windows as (
    select * from {{ ref('ftr_customers__windows') }} where as_of_date = {{ night_date() }}
),

salaries as (
    select customer_id, max(last_seen_date) as last_salary_date
    from {{ ref('ftr_customers__last_seen') }}
    where kind = 'income' and code = 'salary'
    group by customer_id
),

payroll as (
    select distinct customer_id
    from {{ ref('fct_product_holdings') }}
    where category = 'payroll' and (held_to is null or held_to > {{ night_date() }})
),

channel_counts as (
    {% for channel in channels -%}
    select customer_id, '{{ channel }}' as channel, {{ loop.index }} as channel_order, {{ channel }}_count_90d as count_90d
    from features
    where {{ channel }}_count_90d > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

ranked_channels as (
    select
        customer_id,
        channel,
        row_number() over (partition by customer_id order by count_90d desc, channel_order) as channel_rank
    from channel_counts
),

final as (
    select
        features.customer_id,
        features.as_of_date,
        payroll.customer_id is not null
        or coalesce(
            {{ days_between('salaries.last_salary_date', night_date()) }} < {{ tag_limit('payroll_days') }}, false
        ) as is_payroll,
        coalesce(windows.card_spend_amount_30d > 0, false) as is_card_active,
        activity_bands.band as activity_band,
        tenure_bands.band as tenure_band,
        features.days_since_last_activity,
        features.card_spend_amount_90d,
        coalesce(windows.distinct_channels_90d, 0) as distinct_channels_90d,
        features.distinct_merchant_categories_90d,
        features.branch_visit_count_90d > 0 as is_branch_visitor,
        coalesce(windows.app_session_count_30d > 0, false) as is_app_user,
        ranked_channels.channel as preferred_channel,
        case
            when features.customer_initiated_count_90d > 0
                then features.app_count_90d + features.online_count_90d
                >= {{ tag_limit('digital_share') }} * features.customer_initiated_count_90d
            else features.app_session_count_90d > 0
        end as is_digital
    from features
    left join windows on features.customer_id = windows.customer_id
    left join salaries on features.customer_id = salaries.customer_id
    left join payroll on features.customer_id = payroll.customer_id
    left join ranked_channels
        on features.customer_id = ranked_channels.customer_id and ranked_channels.channel_rank = 1
    {{ join_band('activity_bands', 'features.customer_initiated_count_90d') }}
    {{ join_band('tenure_bands', 'features.days_on_book') }}
)

select * from final
