{#-
  Post-hook of a history: the function `<schema>.<name>(day)` that gives the table as of any loaded
  day. A day outside of what is loaded is refused in words.
-#}
{% macro as_of_function(name) -%}
    {{ return(adapter.dispatch('as_of_function')(name)) }}
{%- endmacro %}

{% macro postgres__as_of_function(name) -%}
    {%- if execute -%}
    {%- set columns = adapter.get_columns_in_relation(this) -%}
    {#- names without the database: the text is kept, and a copy of the database has another name -#}
    {%- set night = source('ops', 'current_night').include(database=false) -%}
    drop function if exists {{ this.schema }}.{{ name }}(date);
    create function {{ this.schema }}.{{ name }}(day date)
    returns table (
        {%- for column in columns %}{{ column.quoted }} {{ column.data_type }}{{ ', ' if not loop.last }}{% endfor -%}
    )
    language plpgsql stable as $body$
    #variable_conflict use_column
    declare
        first_day date := (select first_loaded_date from {{ night }});
        last_day date := (select night_date from {{ night }});
    begin
        if day is null or day < first_day or day > last_day then
            raise exception 'expected a day from % to %, the days that are loaded; found %', first_day, last_day, day
                using errcode = 'datetime_field_overflow';
        end if;
        return query
            select {{ columns | map(attribute='quoted') | join(', ') }}
            from {{ this.include(database=false) }} as history
            where history.valid_from <= day and (history.valid_to is null or history.valid_to >= day);
    end
    $body$
    {%- endif -%}
{%- endmacro %}

{% macro default__as_of_function(name) -%}{%- endmacro %}
