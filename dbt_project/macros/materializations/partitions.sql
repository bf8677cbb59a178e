{#- True for a table that is range-partitioned. -#}
{% macro is_range_partitioned(relation) %}
    {%- set answer = run_query(
        "select 1 from pg_partitioned_table where partstrat = 'r' and partrelid = '" ~ relation ~ "'::regclass") -%}
    {{ return(answer.rows | length > 0) }}
{% endmacro %}


{#-
  The parent with no rows and no indexes, ready for a full build. A parent that already has the
  contract's columns and partition key is kept; anything else of that name is replaced.
-#}
{% macro empty_partitioned_table(target_relation, partition_by) %}
    {%- set existing = adapter.get_relation(this.database, this.schema, this.identifier) -%}
    {%- if existing is not none and keeps_its_shape(existing, partition_by) -%}
        {% do drop_partitions_and_indexes(existing) %}
    {%- else -%}
        {%- if existing is not none -%}
            {% do run_query('drop ' ~ existing.type ~ ' ' ~ existing ~ ' cascade') %}
        {%- endif -%}
        {% do run_query(create_partitioned_table_sql(target_relation, partition_by)) %}
    {%- endif -%}
{% endmacro %}

{% macro create_partitioned_table_sql(target_relation, partition_by) %}
    create table {{ target_relation }}
    {{ get_table_columns_and_constraints() }}
    partition by range ({{ adapter.quote(partition_by.column) }})
{% endmacro %}

{#-
  Same columns with the same types, partitioned by the same column. In the same order too, but for a
  table that `adds_columns`: there the new ones come last.
-#}
{% macro keeps_its_shape(relation, partition_by) %}
    {%- set key = run_query(
        "select pg_get_partkeydef('" ~ relation ~ "'::regclass) as key").rows[0]['key'] -%}
    {%- if key is none or key | lower != 'range (' ~ partition_by.column ~ ')' -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set types = run_query(
        "select attname, format_type(atttypid, atttypmod) as type, attnotnull from pg_attribute"
        ~ " where attrelid = '" ~ relation ~ "'::regclass and attnum > 0 and not attisdropped order by attnum") -%}
    {% do run_query('create temporary table bankloop_shape_probe ' ~ get_table_columns_and_constraints() ~ ' on commit drop') %}
    {%- set wanted = run_query(
        "select attname, format_type(atttypid, atttypmod) as type, attnotnull from pg_attribute"
        ~ " where attrelid = 'bankloop_shape_probe'::regclass and attnum > 0 order by attnum") -%}
    {% do run_query('drop table bankloop_shape_probe') %}
    {%- set have, want = types.rows | map('list') | list, wanted.rows | map('list') | list -%}
    {%- if config.get('adds_columns') -%}{{ return(have | sort == want | sort) }}{%- endif -%}
    {{ return(have == want) }}
{% endmacro %}

{% macro drop_partitions_and_indexes(relation) %}
    {%- set partitions = run_query(
        "select inhrelid::regclass::text as name from pg_inherits where inhparent = '" ~ relation ~ "'::regclass") -%}
    {%- for row in partitions.rows -%}
        {% do run_query('drop table ' ~ row['name']) %}
    {%- endfor -%}
    {%- set indexes = run_query(
        "select indexrelid::regclass::text as name from pg_index where indrelid = '" ~ relation ~ "'::regclass") -%}
    {%- for row in indexes.rows -%}
        {% do run_query('drop index ' ~ row['name']) %}
    {%- endfor -%}
{% endmacro %}


{#- Creates the partitions that the new rows need; returns those that were `missing`, and the `latest`. -#}
{% macro create_missing_partitions(target_relation, new_rows, partition_by) %}
    {%- set needed = run_query(needed_partitions_sql(target_relation, new_rows, partition_by)) -%}
    {%- set partitions = {'missing': [], 'latest': none} -%}
    {%- for row in needed.rows -%}
        {%- set partition = target_relation.incorporate(path={'identifier': row['name']}) -%}
        {%- if run_query("select to_regclass('" ~ partition ~ "') as found").rows[0]['found'] is none -%}
            {% do run_query('create table ' ~ partition ~ ' partition of ' ~ target_relation
                ~ " for values from ('" ~ row['starts'] ~ "') to ('" ~ row['ends'] ~ "')") %}
            {% do partitions.missing.append(partition) %}
        {%- endif -%}
        {% do partitions.update(latest=partition) %}
    {%- endfor -%}
    {{ return(partitions) }}
{% endmacro %}

{#-
  Statistics: a full build's of the whole table; a partial one's of new partitions, and of the date
  column where tonight's rows were added to an old one. A planner that knows the night and has not
  heard of its rows would expect none.
-#}
{% macro analyze_what_was_written(target_relation, partitions, partition_by, partial) %}
    {%- for relation in (partitions.missing if partial else [target_relation]) -%}
        {% do run_query('analyze ' ~ relation) %}
    {%- endfor -%}
    {%- if partial and partitions.latest is not none and partitions.latest not in partitions.missing -%}
        {% do run_query('analyze ' ~ partitions.latest ~ ' (' ~ adapter.quote(partition_by.column) ~ ')') %}
    {%- endif -%}
{% endmacro %}

{% macro needed_partitions_sql(target_relation, new_rows, partition_by) %}
    {%- set grain = partition_by.grain -%}
    with

    dates as (

        select distinct {{ adapter.quote(partition_by.column) }} as partition_date
        from {{ new_rows }}

    ),

    starts as (

        select distinct cast(date_trunc('{{ grain }}', partition_date) as date) as starts
        from dates

    )

    select
        starts,
        cast(starts + interval '1 {{ grain }}' as date) as ends,
        '{{ target_relation.identifier }}__'
            || to_char(starts, '{{ {'month': 'YYYY_MM', 'day': 'YYYY_MM_DD'}[grain] }}') as name
    from starts
    order by starts
{% endmacro %}


{#-
  The config's partition_indexes, on the parent: later partitions inherit them. Each has `columns`,
  and may have `where`, `unique` (with the partition's column), and `block_range`: a small index of
  which pages hold which dates, for a table that is written in the order of its dates.
-#}
{% macro create_partition_indexes(target_relation) %}
    {%- for index in config.get('partition_indexes', []) -%}
        {% do run_query('create ' ~ ('unique ' if index['unique'] else '') ~ 'index on ' ~ target_relation
            ~ (' using brin' if index['block_range'] else '') ~ ' (' ~ index['columns'] | join(', ') ~ ')'
            ~ (' with (pages_per_range = 32)' if index['block_range'] else '')
            ~ (' where ' ~ index['where'] if index['where'] else '')) %}
    {%- endfor -%}
{% endmacro %}

{#- What was just written enters the block range indexes; the server would wait for its next vacuum. -#}
{% macro summarise_block_ranges(target_relation) %}
    {%- if config.get('partition_indexes', []) | selectattr('block_range', 'defined') | list -%}
        {% do run_query(
            'select brin_summarize_new_values(indexes.indexrelid) from pg_inherits as partitions'
            ~ ' inner join pg_index as indexes on partitions.inhrelid = indexes.indrelid'
            ~ ' inner join pg_class as named on indexes.indexrelid = named.oid'
            ~ ' inner join pg_am as methods on named.relam = methods.oid'
            ~ " where methods.amname = 'brin' and partitions.inhparent = '" ~ target_relation ~ "'::regclass") %}
    {%- endif -%}
{% endmacro %}
