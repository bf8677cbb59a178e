{#-
  The end of a query on facts that become touches: all of them in a full build, in a partial one
  those of the customers and days in the CTE `touched`. `days_before` reads a margin before them.
-#}
{% macro attr_since(facts, date_column, days_before=0) %}
    {%- if is_partial_build() -%}
    inner join touched on {{ facts }}.customer_id = touched.customer_id
    where {{ facts }}.{{ date_column }} >= {{ add_days('touched.from_date', -days_before) }}
        and {{ facts }}.{{ date_column }} >= {{ add_days('(select min(from_date) from touched)', -days_before) }}
    {%- else -%}
    where {{ facts }}.customer_id is not null
    {%- endif %}
        and {{ facts }}.{{ date_column }} <= {{ night_date() }}
{%- endmacro %}
