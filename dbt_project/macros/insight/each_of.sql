{#-
  Joins a subquery that is answered for each row on its left: a few listed customers are looked up
  by index. As a plain join the planner would read every fact to find them. A subquery that only
  selects ends with looked_up(), without which PostgreSQL makes it a plain join all the same.
-#}
{% macro each_of() -%}
    {{ return(adapter.dispatch('each_of')()) }}
{%- endmacro %}

{% macro default__each_of() -%}
    cross join lateral
{%- endmacro %}

{#- The end of a subquery behind each_of() that has no aggregate: keeps it a look-up. -#}
{% macro looked_up() -%}
    {{ return(adapter.dispatch('looked_up')()) }}
{%- endmacro %}

{% macro default__looked_up() -%}
{%- endmacro %}

{% macro postgres__looked_up() -%}
    offset 0
{%- endmacro %}
