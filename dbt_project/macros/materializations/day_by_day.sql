{#-
  A customer × day table in which each day depends on the day before: the model's SQL computes
  one day (iteration_day()) and reads {{ this }} at the day before. Days are inserted in order.

  A full build runs from the first loaded day. A partial build first deletes the rows that
  int_recompute__customers lists (from each customer's from_date on), then runs from the earliest
  of those days on which one of them is known; the SQL restricts each day to the customers whose
  from_date has come.
  Config and partitions are those of partitioned_incremental, with touched = {by: 'customers'}. A
  table that is not by customer has days = 'span' and touched = {by: 'span'}: it runs from the
  run's first day. With looks_up = true the day's few keys are looked up, never the history read
  (but on the first day of a full build, which may bring a whole bank).
-#}
{% materialization day_by_day, adapter='postgres' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set days_relation = make_temp_relation(target_relation) -%}
    {%- set partition_by = partition_settings() -%}
    {%- set partial = is_partial_build() -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% if not partial %}
        {% do empty_partitioned_table(target_relation, partition_by) %}
        {% do create_partition_indexes(target_relation) %}
    {% endif %}
    {% if config.get('contract').enforced %}{{ get_assert_columns_equivalent(sql) }}{% endif %}
    {% do run_query(stage_days_sql(days_relation, partition_by, partial)) %}
    {% set partitions = create_missing_partitions(target_relation, days_relation, partition_by) %}
    {% if partial %}
        {% do run_query(delete_touched_rows_sql(target_relation, days_relation, partition_by)) %}
    {% endif %}
    {%- set days = run_query(
        'select ' ~ partition_by.column ~ ' as day, ' ~ partition_by.column ~ ' < ' ~ span_from()
        ~ ' as is_early from ' ~ days_relation ~ ' order by 1') -%}
    {%- set by_customer = config.get('days') != 'span' -%}
    {%- if partial and by_customer -%}
        {%- set of_few = sql | replace(
            ref('int_recompute__customers') | string, ref('int_recompute__late') | string) -%}
    {%- endif -%}
    {%- set state = namespace(was_early=false) -%}
    {% for row in days.rows %}
        {%- set day = row['day'] -%}
        {#- before the run's own days only the few whose past changed are asked for -#}
        {%- set is_early = partial and by_customer and row['is_early'] -%}
        {%- if loop.index == 2 and not partial -%}
            {% do run_query('analyze ' ~ target_relation) %}
        {%- endif -%}
        {%- if config.get('looks_up') and loop.index == (1 if partial else 2) -%}
            {% do run_query(favour_index_lookups()) %}
            {% do run_query(forbid_reading_all()) %}
        {%- endif -%}
        {%- if loop.index <= 2 or day.day == 1 or is_early != state.was_early -%}
            {%- if is_early != state.was_early -%}
                {% do run_query(favour_index_lookups() if is_early else 'set local random_page_cost = default') %}
                {% do run_query('set local enable_nestloop = default') %}
            {%- endif -%}
            {% if by_customer and not is_early %}{% do run_query(forbid_pairwise_joins()) %}{% endif %}
            {% do prepare_one_day(target_relation, of_few if is_early else sql) %}
        {%- endif -%}
        {%- set state.was_early = is_early -%}
        {% do run_query("execute bankloop_one_day (cast('" ~ day ~ "' as date))") %}
    {% endfor %}
    {% call statement('main') %}
        deallocate all
    {% endcall %}
    {% do analyze_what_was_written(target_relation, partitions, partition_by, true) %}

    {% do apply_grants(target_relation, config.get('grants'), should_revoke=False) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#- The days to compute, dropped at the end of the transaction. -#}
{% macro stage_days_sql(days_relation, partition_by, partial) %}
    {%- set first_loaded = current_night_column('first_loaded_date') -%}
    {%- if not partial -%}
        {%- set first_day = first_loaded -%}
    {%- elif config.get('days') == 'span' -%}
        {%- set first_day = span_from() -%}
    {%- else -%}
        {%- set first_day = '(select min(lives_from_date) from ' ~ ref('int_recompute__customers') ~ ')' -%}
    {%- endif -%}
    create temporary table {{ days_relation }} on commit drop as
    select as_of_date as {{ partition_by.column }}
    from ({{ calendar_days('greatest(' ~ first_loaded ~ ', ' ~ first_day ~ ')', night_date()) }}) as days
{% endmacro %}


{#-
  The model's SQL as a prepared statement that takes the day in the place of iteration_day().
  A plan for every day would cost more than the day itself, so one plan serves a month; it is made
  anew after the first day, which may bring a whole bank, and each month, when the table and its
  partitions have grown.
-#}
{% macro prepare_one_day(target_relation, sql) %}
    {%- set columns = adapter.get_columns_in_relation(target_relation) | map(attribute='quoted') | join(', ') -%}
    {% do run_query('deallocate all') %}
    {% do run_query('set local plan_cache_mode = force_generic_plan') %}
    {% do run_query(
        'prepare bankloop_one_day (date) as insert into ' ~ target_relation ~ ' (' ~ columns ~ ') select '
        ~ columns ~ ' from (' ~ sql | replace(iteration_day(), '$1') ~ ') as one_day') %}
{% endmacro %}
