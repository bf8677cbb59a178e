{#- What goes between a CTE's `as` and its bracket, where the planner's own choice is known to be bad. -#}

{#-
  Computed once. PostgreSQL otherwise copies its expressions into every place that names them, and
  a chain of conditions grows without bound.
-#}
{% macro computed_once() -%}
    {{ return(adapter.dispatch('computed_once')()) }}
{%- endmacro %}

{% macro default__computed_once() -%}
    materialized
{%- endmacro %}

{% macro spark__computed_once() -%}
{%- endmacro %}

{#-
  Read where it is named, by that place's own conditions. PostgreSQL otherwise copies a CTE that is
  named twice: of a fact table, the whole history.
-#}
{% macro read_in_place() -%}
    {{ return(adapter.dispatch('read_in_place')()) }}
{%- endmacro %}

{% macro default__read_in_place() -%}
    not materialized
{%- endmacro %}

{% macro spark__read_in_place() -%}
{%- endmacro %}
