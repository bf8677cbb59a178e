{#-
  Life events and motives, all of them profiling. "New" means first seen lately after at least
  new_habit_observed_days without it; what could not be observed so long is false.
-#}
{% set night = night_date() %}
{% set new_habits = {
    'has_new_child': ['merchant_category', 'childcare'],
    'has_new_car': ['merchant_category', 'fuel'],
    'has_retired': ['income', 'pension']
} %}

with

features as (
    select * from {{ ref('ftr_customers') }} where as_of_date = {{ night }}
),

windows as (
    select * from {{ ref('ftr_customers__windows') }} where as_of_date = {{ night }}
),

days as (
    select * from {{ ref('ftr_customers__daily') }} where as_of_date = {{ night }}
),

days_30_ago as (
    select * from {{ ref('ftr_customers__daily') }} where as_of_date = {{ add_days(night, -30) }}
),

assessments as (
    select customer_id, max(risk_level) as risk_level
    from {{ ref('dim_risk_assessments') }}
    where valid_until >= {{ night }} and assessed_at < {{ end_of_business_date(night) }}
    group by customer_id
),

habits as (
    select
        customer_id,
        {% for tag, habit in new_habits.items() -%}
        max(case when kind = '{{ habit[0] }}' and code = '{{ habit[1] }}' then first_seen_date end)
            as {{ tag }}_date{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('ftr_customers__last_seen') }}
    where kind in ('merchant_category', 'income')
    group by customer_id
),

address_versions as (
    select
        parties.customer_id,
        versions.party_id,
        versions.address_token,
        versions.enters_date,
        lag(versions.address_token) over (
            partition by versions.party_id order by versions.enters_date, versions.updated_at
        ) as earlier_token
    from {{ ref('stg_landing__customers_versions') }} as versions
    inner join {{ ref('int_identity__parties') }} as parties
        on versions.party_id = parties.party_id
        and {{ night }} between parties.valid_from and parties.valid_to
    where versions.address_token is not null
),

moved as (
    select distinct customer_id
    from address_versions
    where
        earlier_token <> address_token
        and enters_date > {{ add_days(night, '-cast(' ~ tag_limit('life_event_days') ~ ' as integer)') }}
),

measured as (
    select
        features.*,
        windows.salary_amount_30d,
        windows.salary_amount_90d as salary_amount_three_months,
        windows.transfer_out_amount_30d,
        windows.customer_initiated_in_amount_7d,
        days_30_ago.month_average_amount as month_average_30d_ago,
        coalesce(days.observed_days, 0) as observed_days,
        {% for tag in new_habits -%}
        coalesce(
            {{ days_between('habits.' ~ tag ~ '_date', night) }} < {{ tag_limit('life_event_days') }}
            and days.observed_days - {{ days_between('habits.' ~ tag ~ '_date', night) }}
            >= {{ tag_limit('new_habit_observed_days') }}, false
        ) as {{ tag }},
        {% endfor -%}
        moved.customer_id is not null as has_moved,
        assessments.risk_level
    from features
    left join windows on features.customer_id = windows.customer_id
    left join days on features.customer_id = days.customer_id
    left join days_30_ago on features.customer_id = days_30_ago.customer_id
    left join habits on features.customer_id = habits.customer_id
    left join moved on features.customer_id = moved.customer_id
    left join assessments on features.customer_id = assessments.customer_id
),

final as (
    select
        features.customer_id,
        features.as_of_date,
        {% for tag in new_habits -%}
        {{ if_profiled('features.' ~ tag) }} as {{ tag }},
        {% endfor -%}
        {{ if_profiled('features.has_moved') }} as has_moved,
        case
            when
                features.has_profiling_basis
                and features.observed_days >= 90
                and features.salary_amount_three_months > features.salary_amount_30d
                then case
                    when features.salary_amount_30d = 0 then 'stopped'
                    when
                        features.salary_amount_30d >= (1 + {{ tag_limit('salary_change_share') }})
                        * (features.salary_amount_three_months - features.salary_amount_30d) / 2
                        then 'up'
                    when
                        features.salary_amount_30d <= (1 - {{ tag_limit('salary_change_share') }})
                        * (features.salary_amount_three_months - features.salary_amount_30d) / 2
                        then 'down'
                    else 'same'
                end
        end as salary_change,
        {{ if_profiled('coalesce(features.customer_initiated_in_amount_7d >= ' ~ tag_limit('large_deposit') ~ ', false)') }}
            as has_large_inflow,
        {{ if_profiled('coalesce(
            features.transfer_out_amount_30d >= ' ~ tag_limit('outflow_amount') ~ '
            and features.transfer_out_amount_30d >= ' ~ tag_limit('outflow_share') ~ ' * features.month_average_30d_ago
            and features.aum_amount < features.month_average_30d_ago, false)') }} as has_outflow_to_competitor,
        {{ if_profiled('coalesce(features.deposit_share + features.wealth_share >= '
            ~ tag_limit('rate_seeker_share') ~ ', false)') }} as is_rate_seeker,
        {{ if_profiled("coalesce(features.risk_level in ('C1', 'C2') and features.demand_share + features.deposit_share >= "
            ~ tag_limit('safety_seeker_share') ~ ", false)") }} as is_safety_seeker,
        {{ if_profiled('coalesce(features.customer_initiated_count_90d > 0
            and features.app_count_90d + features.online_count_90d >= '
            ~ tag_limit('convenience_seeker_share') ~ ' * features.customer_initiated_count_90d, false)') }}
            as is_convenience_seeker
    from measured as features
)

select * from final
