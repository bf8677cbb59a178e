{#-
  True when this run replaces only the touched rows of a partitioned_incremental model. False on
  the first run, with --full-refresh, and on a historic pass: that one covers every loaded day,
  so all rows are touched. While dbt parses it is true, so that every ref is seen; so it is for
  `dbt compile`, which shows a night (with --full-refresh: a full build). Unit tests override this
  macro.
-#}
{% macro is_partial_build() %}
    {%- if not execute -%}{{ return(true) }}{%- endif -%}
    {%- if should_full_refresh() -%}{{ return(false) }}{%- endif -%}
    {%- if flags.WHICH == 'compile' -%}{{ return(true) }}{%- endif -%}
    {%- if run_covers_all_days() -%}{{ return(false) }}{%- endif -%}
    {%- set relation = adapter.get_relation(this.database, this.schema, this.identifier) -%}
    {{ return(relation is not none and is_range_partitioned(relation)) }}
{% endmacro %}

{#- True when the run starts at the first loaded day: a historic pass. -#}
{% macro run_covers_all_days() %}
    {%- if not execute -%}{{ return(false) }}{%- endif -%}
    {%- set answer = run_query(
        'select span_from <= first_loaded_date as covers_all from ' ~ source('ops', 'current_night')) -%}
    {{ return(answer.rows | length > 0 and answer.rows[0]['covers_all'] == true) }}
{% endmacro %}
