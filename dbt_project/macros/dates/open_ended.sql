{#- The bounds of an interval that is open on that side. -#}
{% macro first_day() -%} cast('1900-01-01' as date) {%- endmacro %}

{% macro last_day() -%} cast('9999-12-31' as date) {%- endmacro %}
