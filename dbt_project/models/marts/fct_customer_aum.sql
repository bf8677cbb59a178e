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
  Balances become changes (+ on the first day in force, − on the day after the last), so a day's
  value is a running sum and no row per account and day is needed. Only foreign balances are
  spread over days, because their value moves with the day's rate. Running totals are kept, so
  that a mean over any span of days is the difference of two rows. A customer merged into another
  has no rows while it is; if it comes back, totals and means begin anew.
-#}
{% set partial = is_partial_build() %}
{% set categories = aum_categories() %}
{% set first_loaded = current_night_column('first_loaded_date') %}
{% set unfed_days = 31 %}
{% set average_days = 30 %}

with

recompute as (
    {{ customers_to_recompute() }}
),

customers as (
    select
        spans.customer_id,
        spans.used_from,
        greatest(spans.first_opened_date, {{ first_loaded }}, spans.used_from) as first_date,
        greatest(spans.first_opened_date, {{ first_loaded }}, spans.used_from, recompute.from_date) as from_date,
        least(spans.used_to, {{ night_date() }}) as last_date,
        recompute.from_date < {{ span_from() }} as is_late
    from recompute
    inner join {{ ref('int_customers__spans') }} as spans
        on recompute.customer_id = spans.customer_id and recompute.from_date <= spans.used_to
    where spans.first_opened_date <= least(spans.used_to, {{ night_date() }})
),

days as (
    {{ calendar_days('(select min(from_date) from customers)', night_date()) }}
),

feed_days as (
    select
        days.as_of_date,
        count(feed_status.arrived_date) > 0 as is_fed
    from days
    left join {{ source('ops', 'feed_status') }} as feed_status
        on feed_status.feed = 'daily_balances'
        and feed_status.status = 'delivered'
        and feed_status.arrived_date <= days.as_of_date
        and feed_status.arrived_date >= {{ add_days('days.as_of_date', -unfed_days) }}
    group by days.as_of_date
),

{% if partial -%}
-- in force on some day of the run; who begins earlier is looked up, as in recomputed_rows
balance_rows as (
    {% for in_force in ['is null', 'between ' ~ span_from() ~ ' and ' ~ last_day()] -%}
    select balance_rows.*
    from {{ ref('fct_account_balances') }} as balance_rows
    inner join recompute on balance_rows.customer_id = recompute.customer_id
    where balance_rows.valid_to_date {{ in_force }} and recompute.from_date >= {{ span_from() }}

    union all

    {% endfor -%}
    select balance_rows.*
    from {{ ref('int_recompute__late') }} as late
    {{ each_of() }} (
        select * from {{ ref('fct_account_balances') }} as rows_of_one
        where
            rows_of_one.customer_id = late.customer_id
            and coalesce(rows_of_one.valid_to_date >= late.from_date, true)
        {{ looked_up() }}
    ) as balance_rows
),
{%- endif %}

balances as (
    select
        balances.customer_id,
        customers.used_from,
        accounts.category,
        balances.currency_code,
        coalesce(balances.market_value, greatest(balances.ledger_balance, 0)) as amount,
        greatest(balances.balance_date, customers.from_date) as starts_on,
        least(
            balances.valid_to_date,
            {{ add_days('accounts.closed_date', -1) }},
            customers.last_date
        ) as ends_on
    from {{ 'balance_rows' if partial else ref('fct_account_balances') }} as balances
    inner join {{ ref('dim_accounts') }} as accounts on balances.account_id = accounts.account_id
    inner join customers on balances.customer_id = customers.customer_id
    where
        accounts.category in ({% for category in categories %}'{{ category }}'{{ ', ' if not loop.last }}{% endfor %})
        and (balances.valid_to_date is null or balances.valid_to_date >= customers.from_date)
),

held as (
    select
        *,
        currency_code = {{ current_night_column('currency_code') }} as is_home
    from balances
    where amount <> 0 and starts_on <= ends_on
),

foreign_held as {{ computed_once() }} (
    select * from held where not is_home
),

currency_days as {{ computed_once() }} (
    select
        currencies.currency_code,
        days.as_of_date,
        rates.factor
    from (select distinct currency_code from foreign_held) as currencies
    cross join days
    left join {{ ref('int_aum__exchange_rates') }} as rates
        on currencies.currency_code = rates.currency_code
        and days.as_of_date between rates.valid_from and rates.valid_to
),

foreign_days as (
    select
        foreign_held.customer_id,
        foreign_held.used_from,
        foreign_held.category,
        currency_days.as_of_date,
        coalesce({{ convert_amount('foreign_held.amount', 'currency_days.factor') }}, 0) as amount,
        case when currency_days.factor is null then 1 else 0 end as unknown_count
    from foreign_held
    inner join currency_days
        on foreign_held.currency_code = currency_days.currency_code
        and currency_days.as_of_date between foreign_held.starts_on and foreign_held.ends_on
),

changes as (
    select customer_id, used_from, category, starts_on as as_of_date, amount, 0 as unknown_count
    from held
    where is_home

    union all

    select customer_id, used_from, category, {{ add_days('ends_on', 1) }}, -amount, 0
    from held
    where is_home and ends_on < {{ night_date() }}

    union all

    select customer_id, used_from, category, as_of_date, amount, unknown_count from foreign_days

    union all

    select customer_id, used_from, category, {{ add_days('as_of_date', 1) }}, -amount, -unknown_count
    from foreign_days
    where as_of_date < {{ night_date() }}
),

day_changes as (
    select
        customer_id,
        used_from,
        as_of_date,
        {% for category in categories -%}
        sum(case when category = '{{ category }}' then amount else 0 end) as {{ category }}_change,
        {% endfor -%}
        sum(unknown_count) as unknown_change
    from changes
    group by customer_id, used_from, as_of_date
),

{% if partial -%}
-- nearly everyone begins on the run's first day; the few that begin earlier have days of their own
customer_days as (
    select customers.*, days.as_of_date
    from customers
    inner join days on days.as_of_date between customers.from_date and customers.last_date
    where not customers.is_late and days.as_of_date >= {{ span_from() }}

    union all

    select customers.*, days.as_of_date
    from customers
    {{ each_of() }} (
        {{ calendar_days('customers.from_date', 'customers.last_date') }}
    ) as days
    where customers.is_late
),
{%- else -%}
customer_days as (
    select customers.*, days.as_of_date
    from customers
    inner join days on days.as_of_date between customers.from_date and customers.last_date
),
{%- endif %}

values_by_day as (
    select
        customer_days.customer_id,
        customer_days.used_from,
        customer_days.first_date,
        customer_days.from_date,
        customer_days.is_late,
        customer_days.as_of_date,
        feed_days.is_fed,
        {% for category in categories -%}
        cast(sum(coalesce(day_changes.{{ category }}_change, 0)) over by_day as bigint)
            as {{ category }}_amount,
        {% endfor -%}
        sum(coalesce(day_changes.unknown_change, 0)) over by_day as unknown_count
    from customer_days
    inner join feed_days on customer_days.as_of_date = feed_days.as_of_date
    left join day_changes
        on customer_days.customer_id = day_changes.customer_id
        and customer_days.used_from = day_changes.used_from
        and customer_days.as_of_date = day_changes.as_of_date
    window by_day as (
        partition by customer_days.customer_id, customer_days.used_from order by customer_days.as_of_date
    )
),

aum_by_day as (
    select
        *,
        case
            when not is_fed then 'no_feed'
            when unknown_count > 0 then 'no_rate'
        end as aum_null_reason,
        {% for category in categories -%}
        {{ category }}_amount{{ ' + ' if not loop.last }}
        {%- endfor %} as total_amount
    from values_by_day
),

{% if partial -%}
-- nearly everyone goes on from last night; the others' days are looked up
carried as (
    select
        customers.customer_id,
        customers.used_from,
        before.cumulative_amount,
        before.unknown_day_count,
        before.highest_month_average_amount
    from customers
    inner join {{ this }} as before on customers.customer_id = before.customer_id
    where
        not customers.is_late
        and before.as_of_date = {{ add_days(span_from(), -1) }}
        and customers.from_date = {{ span_from() }}
        and before.as_of_date >= customers.used_from

    union all

    select
        customers.customer_id,
        customers.used_from,
        before.cumulative_amount,
        before.unknown_day_count,
        before.highest_month_average_amount
    from customers
    {{ each_of() }} (
        select * from {{ this }} as rows_of_one
        where
            rows_of_one.customer_id = customers.customer_id
            and rows_of_one.as_of_date = {{ add_days('customers.from_date', -1) }}
            and rows_of_one.as_of_date >= customers.used_from
        {{ looked_up() }}
    ) as before
    where customers.is_late
),
{%- endif %}

running as (
    select
        aum_by_day.*,
        {% if partial %}coalesce(carried.cumulative_amount, 0) + {% endif -%}
        cast(sum(
            case when aum_null_reason is null then total_amount else 0 end
        ) over customer_days as bigint) as cumulative_amount,
        {% if partial %}coalesce(carried.unknown_day_count, 0) + {% endif -%}
        cast(sum(
            case when aum_null_reason is null then 0 else 1 end
        ) over customer_days as integer) as unknown_day_count
        {%- if partial %},
        carried.highest_month_average_amount as carried_highest_amount
        {%- endif %}
    from aum_by_day
    {% if partial -%}
    left join carried
        on aum_by_day.customer_id = carried.customer_id and aum_by_day.used_from = carried.used_from
    {% endif -%}
    window customer_days as (partition by aum_by_day.customer_id, aum_by_day.used_from order by aum_by_day.as_of_date)
),

{% if partial -%}
-- the running totals, from before the run's rows, that a mean begins with
span_starts as (
    select
        running.customer_id,
        running.used_from,
        running.as_of_date,
        before.cumulative_amount,
        before.unknown_day_count
    from running
    inner join {{ this }} as before
        on running.customer_id = before.customer_id
        and {{ add_days('running.as_of_date', -average_days) }} = before.as_of_date
    where
        not running.is_late
        and before.as_of_date
        between {{ add_days(span_from(), -average_days) }} and {{ add_days(night_date(), -average_days) }}
        and before.as_of_date < running.from_date
        and before.as_of_date >= running.used_from

    union all

    select
        running.customer_id,
        running.used_from,
        running.as_of_date,
        before.cumulative_amount,
        before.unknown_day_count
    from running
    {{ each_of() }} (
        select * from {{ this }} as rows_of_one
        where
            rows_of_one.customer_id = running.customer_id
            and rows_of_one.as_of_date = {{ add_days('running.as_of_date', -average_days) }}
            and rows_of_one.as_of_date < running.from_date
            and rows_of_one.as_of_date >= running.used_from
        {{ looked_up() }}
    ) as before
    where running.is_late
),

{% endif -%}
spans as (
    select
        running.*,
        least({{ average_days }}, {{ days_between('running.first_date', 'running.as_of_date') }} + 1) as span_days,
        {% if partial -%}
        coalesce(
            lag(running.cumulative_amount, {{ average_days }}) over customer_days, span_start.cumulative_amount, 0
        ) as start_amount,
        coalesce(
            lag(running.unknown_day_count, {{ average_days }}) over customer_days, span_start.unknown_day_count, 0
        ) as start_unknown_count
        {%- else -%}
        coalesce(lag(running.cumulative_amount, {{ average_days }}) over customer_days, 0) as start_amount,
        coalesce(lag(running.unknown_day_count, {{ average_days }}) over customer_days, 0) as start_unknown_count
        {%- endif %}
    from running
    {% if partial -%}
    left join span_starts as span_start
        on running.customer_id = span_start.customer_id
        and running.used_from = span_start.used_from
        and running.as_of_date = span_start.as_of_date
    {% endif -%}
    window customer_days as (partition by running.customer_id, running.used_from order by running.as_of_date)
),

averaged as (
    select
        *,
        case
            when unknown_day_count = start_unknown_count
                then {{ mean_to_minor_unit('(cumulative_amount - start_amount)', 'span_days') }}
        end as month_average_amount
    from spans
),

final as (
    select
        customer_id,
        as_of_date,
        case when aum_null_reason is null then total_amount end as aum_amount,
        aum_null_reason,
        month_average_amount,
        {% for category in categories -%}
        case when aum_null_reason is null then {{ category }}_amount end as {{ category }}_amount,
        {% endfor -%}
        cast({{ current_night_column('currency_code') }} as text) as currency_code,
        cumulative_amount,
        unknown_day_count,
        greatest(
            {% if partial %}carried_highest_amount,{% endif %}
            max(month_average_amount) over (partition by customer_id, used_from order by as_of_date)
        ) as highest_month_average_amount
    from averaged
)

select * from final
