{#-
  The highest month-average AUM of a customer in a stretch of days, from few of them: an ended month
  is known by its last day (month_highest_amount), the stretch's first month by those of its days
  that are inside, the last one by its day.

  month_peak_dates gives the CTEs peak_dates and last_days for a stretch that ends on last_day;
  highest_month_average, to be put behind each_of(), one row `peak_amount` for one customer.
  For many customers at once: days for which is_month_peak_day holds, each with its month_peak_amount,
  and the days of last_days.
-#}
{% macro month_peak_dates(first_day, last_day) -%}
calendar as (
    {{ calendar_days('greatest(' ~ first_day ~ ', ' ~ current_night_column('first_loaded_date') ~ ')', last_day) }}
),

-- the days of the first month that are still inside, the other months' ends, and the last day
peak_dates as {{ computed_once() }} (
    select as_of_date
    from calendar
    where
        {{ dbt.date_trunc('month', 'as_of_date') }} = {{ dbt.date_trunc('month', first_day) }}
        or {{ dbt.date_trunc('month', add_days('as_of_date', 1)) }} > {{ dbt.date_trunc('month', 'as_of_date') }}
        or as_of_date = {{ last_day }}
),

{{ last_days_inside(first_day, last_day) }}
{%- endmacro %}

{% macro last_days_inside(first_day, last_day) -%}
-- who was another customer for a while has a last day inside a month
last_days as {{ computed_once() }} (
    select customer_id, used_to as as_of_date
    from {{ ref('int_customers__spans') }}
    where used_to >= {{ first_day }} and used_to < {{ last_day }}
)
{%- endmacro %}

{% macro highest_month_average(customer_id, first_day) -%}
        select max({{ month_peak_amount('day_of_one', first_day) }}) as peak_amount
        from (
            select as_of_date from peak_dates
            union all
            select as_of_date from last_days where last_days.customer_id = {{ customer_id }}
        ) as to_read
        {{ each_of() }} (
            select * from {{ ref('ftr_customers__daily') }} as daily
            where daily.as_of_date = to_read.as_of_date and daily.customer_id = {{ customer_id }}
            {{ looked_up() }}
        ) as day_of_one
{%- endmacro %}


{% macro month_peak_amount(daily, first_day) -%}
case
    when {{ dbt.date_trunc('month', daily ~ '.as_of_date') }} > {{ dbt.date_trunc('month', first_day) }}
        then {{ daily }}.month_highest_amount
    else {{ daily }}.month_average_amount
end
{%- endmacro %}

{#- The last day, the first month's days that are inside, and the ends of the twelve months before the last day's. -#}
{% macro is_month_peak_day(date, first_day, last_day) -%}
{{ date }} >= {{ first_day }}
and (
    {{ date }} < {{ first_of_month(first_day, 1) }}
    or {{ date }} in (
        {{ last_day }}
        {%- for back in range(12) -%}
        , {{ add_days(first_of_month(last_day, -back), -1) }}
        {%- endfor %}
    )
)
{%- endmacro %}
