{#-
  A hook on every model: the planner's statistics of the table just built, without which the next
  model guesses. Views have none, and partitioned_incremental keeps its own.
-#}
{% macro analyze_this() -%}
    {%- if config.get('materialized') == 'table' -%}
        {{ adapter.dispatch('analyze_this')() }}
    {%- endif -%}
{%- endmacro %}

{% macro default__analyze_this() -%}
    analyze {{ this }}
{%- endmacro %}

{% macro spark__analyze_this() -%}
    analyze table {{ this }} compute statistics
{%- endmacro %}
