{#- The digit of a risk rating (R1-R5) or risk level (C1-C5) as an integer; null stays null. -#}
{% macro rank_of_level(level) -%}
    cast(substring({{ level }}, 2, 1) as integer)
{%- endmacro %}
