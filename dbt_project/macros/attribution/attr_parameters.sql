{#-
  The default parameters of attribution (docs/attribution.md). A result carries the hash of the
  parameters that it was made with; another set would be another hash, never another meaning.
-#}

{#- L: a journey ends when this many days pass after its last touch. -#}
{% macro attr_window_days() %}{{ return(30) }}{% endmacro %}

{#- h: the age at which a touch weighs half, in the time-decay model. -#}
{% macro attr_half_life_days() %}{{ return(7) }}{% endmacro %}

{#- The position-based model: tenths of the credit for each end, and for all middle touches together. -#}
{% macro attr_position_tenths() %}{{ return({'end': 4, 'middle': 2}) }}{% endmacro %}

{% macro attr_parameters_hash() %}
    {%- set tenths = attr_position_tenths() -%}
    {{ return(local_md5(
        'window_days=' ~ attr_window_days() ~ ';half_life_days=' ~ attr_half_life_days()
        ~ ';position_tenths=' ~ tenths.end ~ '/' ~ tenths.middle)[:16]) }}
{% endmacro %}

{#- Journeys are kept apart per goal; only product_opening enters channel totals. -#}
{% macro attr_goal_types() %}{{ return(['product_opening', 'activation', 'aum_goal']) }}{% endmacro %}

{#- True for a conversion that journeys lead to; others (became_customer) are reported in the marts only. -#}
{% macro attr_is_goal(goal_type) -%}
    {{ goal_type }} in ('{{ attr_goal_types() | join("', '") }}')
{%- endmacro %}

{#- The rule-based models, in the order of their columns. -#}
{% macro attr_models() %}
    {{ return(['first', 'last', 'last_non_direct', 'linear', 'position_based', 'time_decay']) }}
{% endmacro %}

{#- The row of conversions that nothing is credited with, and of touches without a campaign. -#}
{% macro attr_no_touch() -%} '(no touch)' {%- endmacro %}
{% macro attr_no_campaign() -%} '(none)' {%- endmacro %}
