{#-
  The customers whose days a customer × day model computes in this run, each with its first day.
  A partial build asks int_recompute__customers; a full build takes everyone who ever was one from
  the first loaded day. All are named at parse time, so that dbt knows the order of the models; the
  materialisation deletes by int_recompute__late.
-#}
{% macro customers_to_recompute() %}
    {%- set touched = ref('int_recompute__customers') -%}
    {%- set late = ref('int_recompute__late') -%}
    {%- set everyone = ref('int_customers__spans') -%}
    {%- if is_partial_build() -%}
        select customer_id, from_date from {{ touched }}
    {%- else -%}
        select distinct customer_id, {{ current_night_column('first_loaded_date') }} as from_date
        from {{ everyone }}
    {%- endif -%}
{% endmacro %}
