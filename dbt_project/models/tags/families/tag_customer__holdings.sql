{% set groups = {
    'has_deposit': ['deposit'],
    'has_wealth': ['wealth'],
    'has_fund': ['fund'],
    'has_insurance': ['insurance'],
    'has_precious_metal': ['precious_metal'],
    'has_pension': ['pension'],
    'has_credit_card': ['credit_card'],
    'has_loan': ['mortgage', 'consumer_loan', 'instalment'],
    'has_mortgage': ['mortgage']
} %}
{% set maturing = {'wealth': 'wealth_maturing_in_days', 'deposit': 'deposit_maturing_in_days'} %}

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
        {% for category, tag in maturing.items() -%}
        min(case when category = '{{ category }}' then {{ days_between(night_date(), 'maturity_date') }} end)
            as {{ tag }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('dim_accounts') }}
    where
        category in ('{{ maturing | join("', '") }}')
        and opened_date <= {{ night_date() }}
        and maturity_date >= {{ night_date() }}
        and (closed_date is null or closed_date > {{ night_date() }})
    group by customer_id
),

aum as (
    select * from {{ ref('fct_customer_aum') }} where as_of_date = {{ night_date() }}
),

final as (
    select
        features.customer_id,
        features.as_of_date,
        features.open_product_count,
        {% for tag in groups -%}
        coalesce(held.{{ tag }}, false) as {{ tag }},
        {% endfor -%}
        case
            {% for category in aum_categories() -%}
            when
                aum.{{ category }}_amount > 0
                and aum.{{ category }}_amount = greatest(
                    {% for other in aum_categories() %}aum.{{ other }}_amount{{ ', ' if not loop.last }}{% endfor %}
                )
                then '{{ category }}'
            {% endfor -%}
        end as main_category,
        {% for tag in maturing.values() -%}
        maturities.{{ tag }}{{ ',' if not loop.last }}
        {% endfor %}
    from features
    left join aum on features.customer_id = aum.customer_id
    left join held on features.customer_id = held.customer_id
    left join maturities on features.customer_id = maturities.customer_id
)

select * from final
