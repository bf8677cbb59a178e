{#- How many customers each rule could be decided for tonight: the summary must say what is not seen yet. -#}
{% set rules = {
    'inactivity_365': 'dormant_days',
    'inactivity_180': 'churned_days',
    'aum_collapse': 'collapse_peak_days',
    'activity_fall': 'activity_observation_days',
    'aum_fall': 'aum_observation_days',
    'aum_rise': 'aum_observation_days',
    'product_more': 'product_observation_days'
} %}

with

days as (
    select observed_days from {{ ref('ftr_customers__daily') }}
    where as_of_date = {{ night_date() }} and open_product_count > 0
),

thresholds as (
    {{ thresholds_on(night_date()) }}
),

rules as (
    {% for trigger, code in rules.items() -%}
    select '{{ trigger }}' as trigger, {{ code }} as needed_days from thresholds
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (
    select
        {{ night_date() }} as as_of_date,
        rules.trigger,
        rules.needed_days,
        cast(sum(case when days.observed_days >= rules.needed_days then 1 else 0 end) as integer)
            as decidable_count,
        cast(sum(case when days.observed_days >= rules.needed_days then 0 else 1 end) as integer)
            as not_observed_count
    from rules
    cross join days
    group by rules.trigger, rules.needed_days
)

select * from final
