{#-
  Two wide rows with the same columns, `before` and `now`, column by column:
  tag_code, value_before, value_now as text. To be put behind each_of().
-#}
{% macro pairs_of_columns(columns, before, now) -%}
    {{ return(adapter.dispatch('pairs_of_columns')(columns, before, now)) }}
{%- endmacro %}

{% macro default__pairs_of_columns(columns, before, now) -%}
    select *
    from (values
        {% for column in columns -%}
        ('{{ column }}', cast({{ before }}.{{ column }} as text), cast({{ now }}.{{ column }} as text))
        {{- ',' if not loop.last }}
        {% endfor -%}
    ) as pairs (tag_code, value_before, value_now)
{%- endmacro %}
