{#- date + n days, as a date (dbt.dateadd gives a timestamp). n may be a number or an expression. -#}
{% macro add_days(date, days) -%}
    {{ return(adapter.dispatch('add_days')(date, days)) }}
{%- endmacro %}

{% macro default__add_days(date, days) -%}
    ({{ date }} + {{ days }})
{%- endmacro %}

{% macro spark__add_days(date, days) -%}
    date_add({{ date }}, {{ days }})
{%- endmacro %}

{#- Whole days from one date to another, as an integer. -#}
{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch('days_between')(earlier, later)) }}
{%- endmacro %}

{% macro default__days_between(earlier, later) -%}
    ({{ later }} - {{ earlier }})
{%- endmacro %}

{% macro spark__days_between(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}

{#- First day of a date's month, or of one that lies so many months later (negative: before). -#}
{% macro first_of_month(date, months=0) -%}
    cast({{ dbt.date_trunc('month', dbt.dateadd('month', months, date) if months else date) }} as date)
{%- endmacro %}
