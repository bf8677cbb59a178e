{#- A select that yields one row `as_of_date` for every day from first_day to last_day, both included. -#}
{% macro calendar_days(first_day, last_day) -%}
    {{ return(adapter.dispatch('calendar_days')(first_day, last_day)) }}
{%- endmacro %}

{% macro default__calendar_days(first_day, last_day) -%}
    select {{ first_day }} + day_number as as_of_date
    from generate_series(0, {{ last_day }} - {{ first_day }}) as numbers (day_number)
{%- endmacro %}

{% macro spark__calendar_days(first_day, last_day) -%}
    select explode(sequence({{ first_day }}, {{ last_day }})) as as_of_date
{%- endmacro %}
