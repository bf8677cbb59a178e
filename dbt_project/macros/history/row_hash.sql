{#-
  One number over the values of a row: equal rows have equal ones. `relation` is the alias that the
  columns are read from.
-#}
{% macro row_hash(columns, relation='') -%}
    {%- set named = [] -%}
    {%- for column in columns -%}
        {% do named.append((relation ~ '.' if relation else '') ~ column) %}
    {%- endfor -%}
    {{ return(adapter.dispatch('row_hash')(named)) }}
{%- endmacro %}

{% macro default__row_hash(columns) -%}
    hash_record_extended(row({{ columns | join(', ') }}), 0)
{%- endmacro %}

{% macro spark__row_hash(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}
