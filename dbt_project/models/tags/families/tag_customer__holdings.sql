{% set groups = {
    'has_deposit': ['deposit'],
    'has_wealth': ['wealth'],
    'has_fund': ['fund'],
    'has_insurance': ['insurance'],
    'has_credit_card': ['credit_card'],
    'has_loan': ['mortgage', 'consumer_loan', 'instalment']
} %}

with

features as (
    select * from {{ ref('ftr_customers') }} where as_of_date = {{ night_date() }}
),

held as (
    select
        customer_id,
        {% for tag, categories in groups.items() -%}
        max(case when category in ('{{ categories | join("', '") }}') then 1 else 0 end) = 1 as {{ tag }}
        {{- ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fct_product_holdings') }}
    where held_to is null or held_to > {{ night_date() }}
    group by customer_id
),

maturities as (
    select
        customer_id,
        min({{ days_between(night_date(), 'maturity_date') }}) as wealth_maturing_in_days
    from {{ ref('dim_accounts') }}
    where
        category = 'wealth'
        and opened_date <= {{ night_date() }}
        and maturity_date >= {{ night_date() }}
        and (closed_date is null or closed_date > {{ night_date() }})
    group by customer_id
),

final as (
    select
        features.customer_id,
        features.as_of_date,
        features.open_product_count,
        {% for tag in groups -%}
        coalesce(held.{{ tag }}, false) as {{ tag }},
        {% endfor -%}
        maturities.wealth_maturing_in_days
    from features
    left join held on features.customer_id = held.customer_id
    left join maturities on features.customer_id = maturities.customer_id
)

select * from final
