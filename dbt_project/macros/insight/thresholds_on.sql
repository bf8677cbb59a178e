{#- The codes of seeds/lifecycle_thresholds.csv; a test holds the two together. -#}
{% macro lifecycle_threshold_codes() -%}
    {{ return([
        'behaviour_confirm_days', 'behaviour_exit_days', 'won_back_days', 'won_back_count',
        'won_back_active_days', 'dormant_days', 'churned_days', 'collapse_share',
        'collapse_peak_days', 'established_days', 'onboarding_last_day',
        'activation_watch_last_day', 'growing_last_day', 'activity_observation_days',
        'aum_observation_days', 'product_observation_days', 'fall_share', 'rise_share',
        'activity_base_floor', 'churn_score'
    ]) }}
{%- endmacro %}

{#- One row: the lifecycle thresholds in force on a day, a column each; days are integers. -#}
{% macro thresholds_on(day) %}
    select
        {% for code in lifecycle_threshold_codes() -%}
        {% set value = "max(case when ranked.threshold_code = '" ~ code ~ "' then ranked.threshold_value end)" -%}
        {% if code.endswith('_days') or code.endswith('_day') or code.endswith('_count') -%}
        cast({{ value }} as integer) as {{ code }}
        {%- else -%}
        {{ value }} as {{ code }}
        {%- endif %}
        {{- ',' if not loop.last }}
        {% endfor %}
    from (
        select
            threshold_code,
            threshold_value,
            row_number() over (partition by threshold_code order by valid_from desc) as recency
        from {{ ref('lifecycle_thresholds') }}
        where valid_from <= {{ day }}
    ) as ranked
    where ranked.recency = 1
{% endmacro %}
