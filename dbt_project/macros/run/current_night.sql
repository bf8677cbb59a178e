{#-
  The night that is being built. The only clock that models may read: ops.current_night has
  exactly one row, written when the run starts. An uncorrelated subquery, evaluated once per
  statement, so neither `--vars` nor a re-parse is needed from one night to the next.
-#}
{% macro current_night_column(name) -%}
    (select current_night.{{ name }} from {{ source('ops', 'current_night') }} as current_night)
{%- endmacro %}

{#- The business date of this run: its last day, for a historic pass. -#}
{% macro night_date() -%}
    {{ current_night_column('night_date') }}
{%- endmacro %}

{#- The first business date that this run processes: the night itself, or a historic pass's first day. -#}
{% macro span_from() -%}
    {{ current_night_column('span_from') }}
{%- endmacro %}
