{#-
  Joins a subquery that is answered for each row on its left: a few listed customers are looked up
  by index. As a plain join the planner would read every fact to find them.
-#}
{% macro each_of() -%}
    {{ return(adapter.dispatch('each_of')()) }}
{%- endmacro %}

{% macro default__each_of() -%}
    cross join lateral
{%- endmacro %}
