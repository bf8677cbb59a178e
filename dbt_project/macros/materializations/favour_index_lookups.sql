{#-
  A hook for statements that look up a night's few keys in a long history. The planner prices a
  lookup in many partitions as if its pages came from disk, and would read the whole history.
-#}
{% macro favour_index_lookups() -%}
    {{ adapter.dispatch('favour_index_lookups')() }}
{%- endmacro %}

{% macro postgres__favour_index_lookups() -%}
    set local random_page_cost = 0.1
{%- endmacro %}

{% macro default__favour_index_lookups() -%}{%- endmacro %}
