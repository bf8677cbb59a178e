{#- True for the row of a history that held on a day; valid_to is the last day, null while it lasts. -#}
{% macro valid_on(alias, day) -%}
    ({{ alias }}.valid_from <= {{ day }} and ({{ alias }}.valid_to is null or {{ alias }}.valid_to >= {{ day }}))
{%- endmacro %}

{#- The day after the last one of an interval; null while it lasts. -#}
{% macro ends_before(alias) -%}
    {{ add_days(alias ~ '.valid_to', 1) }}
{%- endmacro %}
