{#-
  The behaviour triggers, in the order of the rows they belong to. Each carries a counter of the
  consecutive days on which its condition held.
-#}
{% macro behaviour_triggers() -%}
    {{ return([
        'won_back_activity', 'won_back_aum', 'aum_collapse', 'activity_fall', 'aum_fall',
        'churn_score', 'aum_rise', 'product_more'
    ]) }}
{%- endmacro %}

{#- The stages that a behaviour trigger can enter and that are left only after false days. -#}
{% macro held_stages() -%}
    {{ return({
        'churned': ['is_inactivity_180', 'is_aum_collapse'],
        'at_risk': ['is_activity_fall', 'is_aum_fall', 'is_churn_score'],
        'growing': ['is_days_on_book', 'is_aum_rise', 'is_product_more']
    }) }}
{%- endmacro %}

{#- No customer-initiated transaction in [D − n + 1, D], for the day of the iteration. -#}
{% macro is_idle_for(threshold_name) -%}
    (
        measures.last_activity_date is null
        or {{ days_between('measures.last_activity_date', iteration_day()) }} >= thresholds.{{ threshold_name }}
    )
{%- endmacro %}
