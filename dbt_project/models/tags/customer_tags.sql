{{
    config(
        materialized='partitioned_incremental',
        partition_by={'column': 'as_of_date', 'grain': 'day'},
        touched={'by': 'dates'},
        partition_indexes=[{'columns': ['customer_id']}],
        post_hook="{{ keep_nights(35, month_ends=true) }}"
    )
}}
{% set families = {
    'identity': [
        'party_type', 'gender', 'age_years', 'age_band', 'is_minor', 'is_silver_hair', 'region',
        'is_parent_child'
    ],
    'lifecycle': [
        'lifecycle_stage', 'previous_stage', 'days_in_stage', 'is_activated', 'is_never_activated',
        'is_new_to_bank'
    ],
    'value': [
        'value_tier', 'is_near_tier', 'aum_month_average_amount', 'aum_band', 'rfm_recency_quintile',
        'rfm_frequency_quintile', 'rfm_monetary_quintile'
    ],
    'holdings': [
        'open_product_count', 'has_deposit', 'has_wealth', 'has_fund', 'has_insurance',
        'has_credit_card', 'has_loan', 'wealth_maturing_in_days'
    ],
    'behaviour': [
        'is_payroll', 'is_card_active', 'activity_band', 'days_since_last_activity',
        'preferred_channel', 'is_digital'
    ],
    'events': [
        'has_large_deposit_today', 'has_first_salary_today', 'has_browsed_without_purchase',
        'birthday_in_days'
    ],
    'service': [
        'risk_tier', 'has_open_complaint', 'complaint_closed_days_ago', 'contact_count_30d',
        'is_responsive'
    ],
    'models': ['persona_id', 'churn_decile']
} %}

with

{% for family in families -%}
{{ family }} as (
    select * from {{ ref('tag_customer__' ~ family) }}
),

{% endfor -%}

final as (
    select
        identity.customer_id,
        identity.as_of_date
        {%- for family, tags in families.items() %}
        {%- for tag in tags %},
        {{ family }}.{{ tag }}
        {%- endfor %}
        {%- endfor %}
    from identity
    {% for family in families if family != 'identity' -%}
    left join {{ family }} on identity.customer_id = {{ family }}.customer_id
    {% endfor %}
)

select * from final
