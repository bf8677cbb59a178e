{#- Seconds from one timestamp to a later one, exact to the microsecond. -#}
{% macro attr_seconds_between(earlier, later) -%}
    {{ return(adapter.dispatch('attr_seconds_between')(earlier, later)) }}
{%- endmacro %}

{% macro default__attr_seconds_between(earlier, later) -%}
    extract(epoch from ({{ later }} - {{ earlier }}))
{%- endmacro %}

{% macro spark__attr_seconds_between(earlier, later) -%}
    (cast(unix_micros({{ later }}) - unix_micros({{ earlier }}) as decimal(38, 6)) / 1000000)
{%- endmacro %}

{#- The attribution window in seconds. -#}
{% macro attr_window_seconds() -%} {{ attr_window_days() * 86400 }} {%- endmacro %}
