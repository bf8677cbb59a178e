{#-
  The night that is being built. The only clock that models may read: ops.current_night has
  exactly one row, written when the run starts.

  What is built and read at once (tables, tests) gets the value itself, which the caller of dbt read
  there: a planner that knows the night reads the night's partitions and rows, where it would have
  to guess from a subquery. What stays in force (views) and what is given another night (unit tests)
  gets the subquery. Neither `--vars` nor a re-parse is needed from one night to the next.
-#}
{% macro current_night_column(name) -%}
    {%- set values = {} -%}
    {%- if execute and model.resource_type in ['model', 'test'] and model.config.materialized != 'view' -%}
        {%- do values.update(fromjson(env_var('BANKLOOP_DBT_NIGHT', '{}'))) -%}
    {%- endif -%}
    {%- if name in values -%}
    {{ values[name] }}
    {%- else -%}
    (select current_night.{{ name }} from {{ source('ops', 'current_night') }} as current_night)
    {%- endif -%}
{%- endmacro %}

{#- The business date of this run: its last day, for a historic pass. -#}
{% macro night_date() -%}
    {{ current_night_column('night_date') }}
{%- endmacro %}

{#- The first business date that this run processes: the night itself, or a historic pass's first day. -#}
{% macro span_from() -%}
    {{ current_night_column('span_from') }}
{%- endmacro %}
