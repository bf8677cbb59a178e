{#- The bank's calendar date of a UTC timestamp. Called in staging only: derived once. -#}
{% macro business_date(timestamp) -%}
    {{ return(adapter.dispatch('business_date')(timestamp)) }}
{%- endmacro %}

{% macro default__business_date(timestamp) -%}
    cast({{ timestamp }} at time zone {{ current_night_column('time_zone') }} as date)
{%- endmacro %}

{% macro spark__business_date(timestamp) -%}
    cast(from_utc_timestamp({{ timestamp }}, {{ current_night_column('time_zone') }}) as date)
{%- endmacro %}

{#- The instant at which a business date ends: 24:00 in the bank's time zone, exclusive. -#}
{% macro end_of_business_date(date) -%}
    {{ return(adapter.dispatch('end_of_business_date')(date)) }}
{%- endmacro %}

{% macro default__end_of_business_date(date) -%}
    cast({{ add_days(date, 1) }} as timestamp) at time zone {{ current_night_column('time_zone') }}
{%- endmacro %}

{% macro spark__end_of_business_date(date) -%}
    to_utc_timestamp(cast({{ add_days(date, 1) }} as timestamp), {{ current_night_column('time_zone') }})
{%- endmacro %}
