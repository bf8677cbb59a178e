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

{#-
  For plans that serve any night: unknown dates make the planner expect a third of the history, and
  hash all of it for the sake of a few rows.
-#}
{% macro forbid_reading_all() -%}
    {{ return(adapter.dispatch('forbid_reading_all')()) }}
{%- endmacro %}

{% macro postgres__forbid_reading_all() -%}
    set local enable_hashjoin = off; set local enable_mergejoin = off
{%- endmacro %}

{% macro default__forbid_reading_all() -%}
    select 1
{%- endmacro %}


{#-
  For joins of sets that are all large, though the planner takes one for a handful of rows (a range of
  unknown dates, a published table behind its pointer): compared pair by pair they would not end.
-#}
{% macro forbid_pairwise_joins() -%}
    {{ return(adapter.dispatch('forbid_pairwise_joins')()) }}
{%- endmacro %}

{% macro postgres__forbid_pairwise_joins() -%}
    set local enable_nestloop = off
{%- endmacro %}

{% macro default__forbid_pairwise_joins() -%}
    select 1
{%- endmacro %}


{#-
  For a night's rows, which are hashed or looked up: where the planner does not know the night (views,
  prepared days) it takes one day for a third of the history and sorts whole tables to merge them.
-#}
{% macro forbid_sorted_joins() -%}
    {{ return(adapter.dispatch('forbid_sorted_joins')()) }}
{%- endmacro %}

{% macro postgres__forbid_sorted_joins() -%}
    set local enable_mergejoin = off
{%- endmacro %}

{% macro default__forbid_sorted_joins() -%}
    select 1
{%- endmacro %}


{#- Between the two a few listed rows are looked up, whatever the model's own joins were told. -#}
{% macro look_up_only() -%}
    {{ return(adapter.dispatch('look_up_only')()) }}
{%- endmacro %}

{% macro postgres__look_up_only() -%}
    set local enable_nestloop = on; set local enable_hashjoin = off
{%- endmacro %}

{% macro default__look_up_only() -%}
    select 1
{%- endmacro %}

{% macro look_up_no_more() -%}
    {{ return(adapter.dispatch('look_up_no_more')()) }}
{%- endmacro %}

{% macro postgres__look_up_no_more() -%}
    set local enable_hashjoin = default
{%- endmacro %}

{% macro default__look_up_no_more() -%}
    select 1
{%- endmacro %}
