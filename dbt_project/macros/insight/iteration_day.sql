{#-
  The day that the materialisation day_by_day is computing: it puts each day in this literal's
  place. Unit tests override the macro.
-#}
{% macro iteration_day() -%}
    cast('0001-01-01' as date)
{%- endmacro %}
