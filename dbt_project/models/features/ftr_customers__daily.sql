{{
    config(
        materialized='partitioned_incremental',
        pre_hook="{{ forbid_pairwise_joins() }}",
        partition_by={'column': 'as_of_date', 'grain': 'month'},
        touched={'by': 'customers'},
        partition_indexes=[{'columns': ['as_of_date', 'customer_id']}]
    )
}}
{#-
  Counts are running totals since the customer's first loaded day: what happened in any window is
  the difference of two rows, so a night reads a handful of rows per customer, not the window.
-#}
{% set partial = is_partial_build() %}
{% set first_loaded = current_night_column('first_loaded_date') %}

with

recompute as (
    {{ customers_to_recompute() }}
),

customers as (
    select
        spans.customer_id,
        min(spans.first_opened_date) as first_opened_date,
        greatest(min(spans.first_opened_date), {{ first_loaded }}) as first_date,
        greatest(min(spans.first_opened_date), {{ first_loaded }}, min(recompute.from_date)) as from_date,
        -- a customer that comes back goes on where it left
        max(case
            when spans.previous_used_to < recompute.from_date and spans.used_from >= recompute.from_date
                then spans.previous_used_to
        end) as left_on
    from recompute
    inner join {{ ref('int_customers__spans') }} as spans
        on recompute.customer_id = spans.customer_id
    where spans.first_opened_date <= {{ night_date() }}
    group by spans.customer_id
),

aum as (
    {{ recomputed_rows(ref('fct_customer_aum'), 'as_of_date') }}
),

activity as (
    select
        customer_id,
        activity_date,
        customer_initiated_count
    from (
        {{ recomputed_rows(ref('fct_customer_activity'), 'activity_date') }}
    ) as days_of_activity
    where customer_initiated_count > 0
),

holdings as (
    select
        holdings.customer_id,
        greatest(holdings.held_from, customers.from_date) as starts_on,
        holdings.held_to
    from {{ ref('fct_product_holdings') }} as holdings
    inner join customers on holdings.customer_id = customers.customer_id
    where holdings.held_to is null or holdings.held_to > customers.from_date
),

-- what changed while a customer was another one counts from the day on which it came back
gaps as (
    select
        customer_id,
        previous_used_to as left_on,
        used_from as came_back_on
    from {{ ref('int_customers__spans') }}
    where previous_used_to is not null
),

holding_changes as (
    select
        changes.customer_id,
        coalesce(gaps.came_back_on, changes.changed_on) as changed_on,
        sum(changes.change) as change
    from (
        select customer_id, starts_on as changed_on, 1 as change from holdings
        union all
        select customer_id, held_to, -1 from holdings where held_to is not null
    ) as changes
    left join gaps
        on changes.customer_id = gaps.customer_id
        and changes.changed_on > gaps.left_on
        and changes.changed_on < gaps.came_back_on
    group by changes.customer_id, coalesce(gaps.came_back_on, changes.changed_on)
),

{% if partial -%}
{% set eve = add_days(span_from(), -1) -%}
eves as (
    select
        customer_id,
        coalesce(left_on, {{ add_days('from_date', -1) }}) as eve
    from customers
),

-- nearly everyone goes on from last night; the others' days are looked up
carried_rows as (
    select before.*
    from {{ this }} as before
    inner join eves on before.customer_id = eves.customer_id
    where before.as_of_date = {{ eve }} and eves.eve = {{ eve }}

    union all

    select before.*
    from eves
    {{ each_of() }} (
        select * from {{ this }} as rows_of_one
        where rows_of_one.customer_id = eves.customer_id and rows_of_one.as_of_date = eves.eve
        {{ looked_up() }}
    ) as before
    where eves.eve <> {{ eve }}
),

carried as (
    select
        customer_id,
        activity_count,
        active_day_count,
        last_activity_date,
        first_activity_date,
        month_highest_amount,
        {{ dbt.date_trunc('month', 'as_of_date') }} as carried_month
    from carried_rows
),
{%- endif %}

running as (
    select
        customers.customer_id,
        aum.as_of_date,
        {{ days_between('customers.first_opened_date', 'aum.as_of_date') }} as days_on_book,
        {{ days_between('customers.first_date', 'aum.as_of_date') }} as observed_days,
        sum(coalesce(holding_changes.change, 0)) over customer_days as open_product_count,
        sum(coalesce(activity.customer_initiated_count, 0)) over customer_days as activity_count,
        count(activity.activity_date) over customer_days as active_day_count,
        max(activity.activity_date) over customer_days as last_activity_date,
        min(activity.activity_date) over customer_days as first_activity_date,
        aum.aum_amount,
        aum.month_average_amount,
        max(aum.month_average_amount) over (
            partition by customers.customer_id, {{ dbt.date_trunc('month', 'aum.as_of_date') }}
            order by aum.as_of_date
        ) as month_highest_amount,
        aum.highest_month_average_amount
    from customers
    inner join aum on customers.customer_id = aum.customer_id
    left join activity
        on aum.customer_id = activity.customer_id and aum.as_of_date = activity.activity_date
    left join holding_changes
        on aum.customer_id = holding_changes.customer_id and aum.as_of_date = holding_changes.changed_on
    window customer_days as (partition by customers.customer_id order by aum.as_of_date)
),

final as (
    select
        running.customer_id,
        running.as_of_date,
        running.days_on_book,
        running.observed_days,
        cast(running.open_product_count as integer) as open_product_count,
        {% if partial -%}
        cast(running.activity_count + coalesce(carried.activity_count, 0) as integer) as activity_count,
        cast(running.active_day_count + coalesce(carried.active_day_count, 0) as integer) as active_day_count,
        coalesce(running.last_activity_date, carried.last_activity_date) as last_activity_date,
        coalesce(carried.first_activity_date, running.first_activity_date) as first_activity_date,
        {%- else -%}
        cast(running.activity_count as integer) as activity_count,
        cast(running.active_day_count as integer) as active_day_count,
        running.last_activity_date,
        running.first_activity_date,
        {%- endif %}
        running.aum_amount,
        running.month_average_amount,
        {% if partial -%}
        greatest(
            running.month_highest_amount,
            case
                when carried.carried_month = {{ dbt.date_trunc('month', 'running.as_of_date') }}
                    then carried.month_highest_amount
            end
        ) as month_highest_amount,
        {%- else -%}
        running.month_highest_amount,
        {%- endif %}
        running.highest_month_average_amount
    from running
    {% if partial -%}
    left join carried on running.customer_id = carried.customer_id
    {%- endif %}
)

select * from final
