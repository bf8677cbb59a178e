{#-
  A table that is range-partitioned by a date and rebuilt where this run touched it.

  config:
    partition_by       {column: <date column>, grain: 'month' | 'day'}
    touched            which existing rows this run replaces, see touched_rows.sql
    partition_indexes  [{columns: [...], where: <condition, optional>}, ...]

  The model's SQL yields every row that replaces a touched one; it asks is_partial_build() and
  restricts itself accordingly. Everything happens in one transaction: new rows into a temporary
  table, missing partitions, delete touched rows, insert. A full build (first run, --full-refresh,
  or a historic pass) keeps the parent table and replaces its partitions.
-#}
{% materialization partitioned_incremental, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set new_rows = make_temp_relation(target_relation) -%}
    {%- set partition_by = partition_settings() -%}
    {%- set partial = is_partial_build() -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if partial %}
        {% if config.get('adds_columns') %}{% do add_new_columns(target_relation) %}{% endif %}
        {% do assert_keeps_its_shape(target_relation, partition_by) %}
        {% do run_query(forbid_sorted_joins()) %}
    {% endif %}
    {% do run_query(stage_new_rows_sql(new_rows, sql)) %}
    {% if not partial %}
        {% do empty_partitioned_table(target_relation, partition_by) %}
    {% endif %}
    {% set partitions = create_missing_partitions(target_relation, new_rows, partition_by) %}
    {% if partial %}
        {% do run_query(delete_touched_rows_sql(target_relation, new_rows, partition_by)) %}
    {% endif %}
    {% call statement('main') %}
        {{ insert_new_rows_sql(target_relation, new_rows, none if partial else partition_by.column) }}
    {% endcall %}
    {% if partial %}{% do summarise_block_ranges(target_relation) %}{% endif %}
    {% if partial %}{% do mark_written_in_this_run(target_relation) %}{% endif %}
    {% if not partial %}
        {% do create_partition_indexes(target_relation) %}
    {% endif %}
    {% do analyze_what_was_written(target_relation, partitions, partition_by, partial) %}

    {% do apply_grants(target_relation, config.get('grants'), should_revoke=False) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#- The validated partition_by config: {column, grain}. -#}
{% macro partition_settings() %}
    {%- set settings = config.require('partition_by') -%}
    {%- if settings.grain not in ('month', 'day') -%}
        {{ exceptions.raise_compiler_error(
            "Expected partition_by.grain to be 'month' or 'day'; found '" ~ settings.grain
            ~ "' in " ~ this ~ ". Correct the model's config.") }}
    {%- endif -%}
    {{ return(settings) }}
{% endmacro %}


{#- The new rows, in the column order of the contract, dropped at the end of the transaction. -#}
{% macro stage_new_rows_sql(new_rows, sql) %}
    {% if config.get('contract').enforced %}{{ get_assert_columns_equivalent(sql) }}{% endif %}
    create temporary table {{ new_rows }} on commit drop as
    {{ get_select_subquery(sql) if config.get('contract').enforced else sql }}
{% endmacro %}


{#- A full build writes in the order of dates, as nights do, so that a day lies together. -#}
{% macro insert_new_rows_sql(target_relation, new_rows, order_by=none) %}
    {%- set columns = adapter.get_columns_in_relation(target_relation)
        | map(attribute='quoted') | join(', ') -%}
    insert into {{ target_relation }} ({{ columns }})
    select {{ columns }} from {{ new_rows }}
    {% if order_by %}order by {{ adapter.quote(order_by) }}{% endif %}
{% endmacro %}


{#- A partial build adds to the table as it is: a changed contract needs a full one, said plainly. -#}
{% macro assert_keeps_its_shape(target_relation, partition_by) %}
    {%- if not keeps_its_shape(target_relation, partition_by) -%}
        {{ exceptions.raise_compiler_error(
            "Expected the table's columns, types and partition key to be those of the model; found"
            ~ ' another shape in ' ~ target_relation
            ~ '. The model has changed: run it once with --full-refresh.') }}
    {%- endif -%}
{% endmacro %}


{#-
  A new column of the model joins a table that is kept as published: earlier nights have null there.
  A column that went or changed its type still needs a full build.
-#}
{% macro add_new_columns(target_relation) %}
    {%- set existing = adapter.get_columns_in_relation(target_relation) | map(attribute='name') | list -%}
    {%- for column in model['columns'].values() if column['name'] not in existing -%}
        {% do run_query('alter table ' ~ target_relation ~ ' add column '
            ~ adapter.quote(column['name']) ~ ' ' ~ column['data_type']) %}
    {%- endfor -%}
{% endmacro %}
