{#-
  Post-hook of a table partitioned by day: drop the partitions of nights more than `nights` old,
  but keep month-ends where asked. Ages count from the night, never from the system's date.
-#}
{% macro keep_nights(nights, month_ends=false) -%}
    {{ return(adapter.dispatch('keep_nights')(nights, month_ends)) }}
{%- endmacro %}

{% macro default__keep_nights(nights, month_ends) -%}
    {%- if execute -%}
        {%- set outdated = run_query(
            "select partition_of.inhrelid::regclass::text as name from pg_inherits as partition_of"
            ~ " cross join lateral (select to_date(right(partition_of.inhrelid::regclass::text, 10), 'YYYY_MM_DD') as day) as dated"
            ~ " where partition_of.inhparent = '" ~ this ~ "'::regclass"
            ~ " and dated.day <= " ~ night_date() ~ " - " ~ nights
            ~ (" and extract(day from dated.day + 1) <> 1" if month_ends else "")) -%}
        {%- for row in outdated.rows -%}
            {% do run_query('drop table ' ~ row['name']) %}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
