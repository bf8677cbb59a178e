{#-
  The end of a query on facts that become touches: all of them in a full build, in a partial one
  those of the customers and days in the CTE `touched`.
-#}
{% macro attr_since(facts, date_column) %}
    {%- if is_partial_build() -%}
    inner join touched on {{ facts }}.customer_id = touched.customer_id
    where {{ facts }}.{{ date_column }} >= touched.from_date
        and {{ facts }}.{{ date_column }} >= (select min(from_date) from touched)
    {%- else -%}
    where {{ facts }}.customer_id is not null
    {%- endif %}
        and {{ facts }}.{{ date_column }} <= {{ night_date() }}
{%- endmacro %}


{#-
  The same for a table that holds every year: all columns of its rows. Nearly all customers begin on
  the run's first day and are read by date; the few that begin earlier are looked up.
  `days_before` reads a margin before them.
-#}
{% macro attr_rows_since(relation, date_column, days_before=0) %}
    {%- if is_partial_build() %}
    select facts.*
    from {{ relation }} as facts
    inner join touched on facts.customer_id = touched.customer_id
    where touched.from_date >= {{ span_from() }}
        and facts.{{ date_column }} >= {{ add_days('touched.from_date', -days_before) }}
        and facts.{{ date_column }} between {{ add_days(span_from(), -days_before) }} and {{ night_date() }}
    union all
    select facts.*
    from touched
    {{ each_of() }} (
        select * from {{ relation }} as rows_of_one
        where rows_of_one.customer_id = touched.customer_id
            and rows_of_one.{{ date_column }} >= {{ add_days('touched.from_date', -days_before) }}
            and rows_of_one.{{ date_column }} <= {{ night_date() }}
        {{ looked_up() }}
    ) as facts
    where touched.from_date < {{ span_from() }}
    {%- else %}
    select * from {{ relation }} as facts
    where facts.customer_id is not null and facts.{{ date_column }} <= {{ night_date() }}
    {%- endif %}
{% endmacro %}
