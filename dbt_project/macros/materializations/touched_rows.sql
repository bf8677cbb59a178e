{#-
  The config `touched` names the rows of the target that a partial build replaces, as one rule or
  a list of rules:

    {by: 'keys', relation: <model>, keys: [...]}
        rows whose keys are listed in the model (which the model's SQL must also ref)
    {by: 'keys', relation: <model>, keys: [...], known: <boolean column of model>}
        as above; where the column is false, no earlier night wrote such a row, and nothing is looked
        up, unless this run has written the target before
    {by: 'keys_from', relation: <model>, keys: [...], column: <date>, since: <column of model>}
        as above, and only those whose date is on or after the listed one
    {by: 'customers'}
        what int_recompute__customers lists, from each customer's from_date on: every row of the
        run's days, and earlier ones of the few whose past changed
    {by: 'new_keys', keys: [...]}
        rows that have the keys of a new row
    {by: 'new_keys', keys: [...], at: [<column>, <date column of the new row>]}
        as above, where they were written under that date
    {by: 'new_keys', keys: [...], of_repeats: true}
        as above, but only if an earlier attempt left rows of the run's days (to stand before `span`)
    {by: 'dates'}
        rows of every date that the new rows carry
    {by: 'span'}
        rows dated span_from … night_date
-#}
{% macro delete_touched_rows_sql(target_relation, new_rows, partition_by) %}
    {%- set touched = config.require('touched') -%}
    {%- for rule in ([touched] if touched is mapping else touched) -%}
        {{ delete_by_rule_sql(target_relation, new_rows, partition_by, rule) }};
    {% endfor -%}
{% endmacro %}

{% macro delete_by_rule_sql(target_relation, new_rows, partition_by, rule) %}
    {%- set date_column = adapter.quote(partition_by.column) -%}
    {%- if rule.by == 'keys' -%}
        {{ delete_listed_rows_sql(target_relation, ref(rule.relation), rule['keys']) }}
        {{ unless_unknown_sql(target_relation, rule) }}
    {%- elif rule.by == 'keys_from' -%}
        {{ delete_listed_rows_sql(target_relation, ref(rule.relation), rule['keys'], rule.column, rule.since) }}
        {{ unless_unknown_sql(target_relation, rule) }}
    {%- elif rule.by == 'customers' -%}
        {{ delete_recomputed_rows_sql(target_relation, date_column) }}
    {%- elif rule.by == 'new_keys' -%}
        {{ delete_listed_rows_sql(target_relation, new_rows, rule['keys']) }}
        {%- if rule.at %}
            and existing.{{ rule.at[0] }} = listed.{{ rule.at[1] }}
        {%- endif %}
        {%- if rule.of_repeats %}
            and exists (
                select 1 from {{ target_relation }} as repeated
                where repeated.{{ date_column }} between {{ span_from() }} and {{ night_date() }}
            )
        {%- endif %}
    {%- elif rule.by == 'dates' -%}
        delete from {{ target_relation }}
        where {{ date_column }} in (select distinct {{ date_column }} from {{ new_rows }})
    {%- elif rule.by == 'span' -%}
        {{ delete_span_sql(target_relation, date_column) }}
    {%- else -%}
        {{ exceptions.raise_compiler_error(
            "Expected touched.by to be keys, keys_from, customers, new_keys, dates or span; found '"
            ~ rule.by ~ "' in " ~ this ~ ". Correct the model's config.") }}
    {%- endif -%}
{% endmacro %}

{#- Leaves out listed keys that no earlier night wrote, unless this run has written the target before. -#}
{% macro unless_unknown_sql(target_relation, rule) %}
    {%- if rule.known and not was_written_in_this_run(target_relation) -%}
        and listed.{{ rule.known }}
    {%- endif -%}
{% endmacro %}

{% macro delete_span_sql(target_relation, date_column) %}
    delete from {{ target_relation }}
    where {{ date_column }} between {{ span_from() }} and {{ night_date() }}
{% endmacro %}

{% macro delete_recomputed_rows_sql(target_relation, date_column) %}
    {{ delete_span_sql(target_relation, date_column) }};
    {{ look_up_only() }};
    {{ delete_listed_rows_sql(
        target_relation, ref('int_recompute__late'), ['customer_id'], date_column, 'from_date') }};
    {{ look_up_no_more() }}
{% endmacro %}

{% macro delete_listed_rows_sql(target_relation, listed, keys, column=none, since=none) %}
    delete from {{ target_relation }} as existing
    using {{ listed }} as listed
    where
        {% for key in keys -%}
            {{ 'and ' if not loop.first }}existing.{{ key }} = listed.{{ key }}
        {% endfor -%}
        {% if column %}and existing.{{ column }} >= listed.{{ since }}{% endif %}
{% endmacro %}


{#- True when a partial build of this run has written the table; mark_written_in_this_run said so. -#}
{% macro was_written_in_this_run(relation) %}
    {%- set answer = run_query(
        "select 1 from " ~ source('ops', 'current_night') ~ " where obj_description('" ~ relation
        ~ "'::regclass) = 'written by ' || run_id") -%}
    {{ return(answer.rows | length > 0) }}
{% endmacro %}


{% macro mark_written_in_this_run(relation) %}
    {%- set run_id = run_query("select run_id from " ~ source('ops', 'current_night')).rows[0][0] -%}
    {% do run_query("comment on table " ~ relation ~ " is 'written by " ~ run_id ~ "'") %}
{% endmacro %}
