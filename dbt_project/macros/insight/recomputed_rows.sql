{#-
  Rows of a customer × day model's source that this run computes again, with all their columns, for
  a CTE. Nearly everyone begins on the run's first day: their rows are read by date. The few whose
  past changed are looked up one by one: read together, the earliest of their days would make every
  night read the whole history.

  Args: relation: the source; date_column: its business date.
-#}
{% macro recomputed_rows(relation, date_column) %}
    {%- set everyone = customers_to_recompute() %}
    {%- if is_partial_build() %}
    select source_rows.*
    from {{ relation }} as source_rows
    inner join ({{ everyone }}) as recompute on source_rows.customer_id = recompute.customer_id
    where
        recompute.from_date >= {{ span_from() }}
        and source_rows.{{ date_column }} >= recompute.from_date
        and source_rows.{{ date_column }} >= {{ span_from() }}
        and source_rows.{{ date_column }} <= {{ night_date() }}

    union all

    select source_rows.*
    from {{ ref('int_recompute__late') }} as late
    {{ each_of() }} (
        select * from {{ relation }} as rows_of_one
        where
            rows_of_one.customer_id = late.customer_id
            and rows_of_one.{{ date_column }} >= late.from_date
            and rows_of_one.{{ date_column }} <= {{ night_date() }}
        {{ looked_up() }}
    ) as source_rows
    {%- else %}
    select source_rows.*
    from {{ relation }} as source_rows
    inner join ({{ everyone }}) as recompute
        on source_rows.customer_id = recompute.customer_id
    where
        source_rows.{{ date_column }} >= recompute.from_date
        and source_rows.{{ date_column }} <= {{ night_date() }}
    {%- endif %}
{% endmacro %}
