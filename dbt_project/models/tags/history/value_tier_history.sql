{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'valid_from', 'grain': 'month'},
    touched=[
        {'by': 'span'},
        {'by': 'new_keys', 'keys': ['customer_id', 'valid_from']},
        {'by': 'keys', 'relation': 'int_recompute__causes', 'keys': ['customer_id']},
    ],
    partition_indexes=[{'columns': ['customer_id']}],
    post_hook="{{ as_of_function('value_tiers_as_of') }}"
) }}
{#-
  A tier is rated on the first of a month, and on the day from which other limits hold. On such a
  day everybody is rated once more and compared with the open interval; on all other nights only
  customers whose past changed are, from their first rating on.
-#}
{%- set partial = is_partial_build() %}
{%- set first_loaded = current_night_column('first_loaded_date') %}

with

causes as (

    select distinct customer_id from {{ ref('int_recompute__causes') }}

),

customers as (

    select
        spans.customer_id,
        spans.used_from,
        spans.used_to,
        greatest(spans.first_opened_date, {{ first_loaded }}, spans.used_from) as first_date,
        {% if partial -%}
        case when causes.customer_id is null then {{ span_from() }} else {{ first_loaded }} end as from_date
        {%- else -%}
        {{ first_loaded }} as from_date
        {%- endif %}
    from {{ ref('int_customers__spans') }} as spans
    left join causes on spans.customer_id = causes.customer_id
    where spans.first_opened_date <= least(spans.used_to, {{ night_date() }})

),

tier_limits as (

    select * from {{ ref('value_tier_limits') }}
    where currency_code = {{ current_night_column('currency_code') }}

),

days as (

    {{ calendar_days(first_loaded, night_date()) }}

),

rating_days as {{ computed_once() }} (

    select
        as_of_date as rated_on,
        {{ add_days(first_of_month('as_of_date'), -1) }} as month_end
    from days
    where
        as_of_date = {{ first_of_month('as_of_date') }}
        or as_of_date in (select tier_limits.valid_from from tier_limits)

),

rating_months as (

    select
        rated_on,
        month_end,
        {{ add_days(first_of_month('month_end'), -1) }} as month_before
    from rating_days

),

limits as (

    select
        rating_days.rated_on,
        tier_limits.value_tier,
        tier_limits.lower_amount,
        rank() over (partition by rating_days.rated_on order by tier_limits.valid_from desc) as recency
    from rating_days
    inner join tier_limits on rating_days.rated_on >= tier_limits.valid_from

),

bands as (

    select
        rated_on,
        value_tier,
        lower_amount,
        lead(lower_amount) over (partition by rated_on order by lower_amount) as upper_amount
    from limits
    where recency = 1

),

-- the mean over the known days of the last full month: the difference of two running totals,
-- looked up for the few customers and days of a usual night
means as (

    select
        customers.customer_id,
        customers.from_date,
        rating_months.rated_on,
        {{ mean_to_minor_unit(
            '(month_end.cumulative_amount - coalesce(month_begin.cumulative_amount, 0))',
            '(' ~ days_between('greatest(rating_months.month_before, ' ~ add_days('customers.first_date', -1) ~ ')', 'rating_months.month_end')
            ~ ' - (month_end.unknown_day_count - coalesce(month_begin.unknown_day_count, 0)))'
        ) }} as mean_amount
    from customers
    inner join rating_months
        on customers.from_date <= rating_months.rated_on
        and rating_months.rated_on between customers.used_from and customers.used_to
    {% for point, day in [('month_end', 'month_end'), ('month_begin', 'month_before')] -%}
    {{ each_of() }} (
        select
            max(aum.cumulative_amount) as cumulative_amount,
            max(aum.unknown_day_count) as unknown_day_count
        from {{ ref('fct_customer_aum') }} as aum
        where
            aum.customer_id = customers.customer_id
            and aum.as_of_date = rating_months.{{ day }}
            {% if day == 'month_before' %}and customers.used_from <= aum.as_of_date{% endif %}
    ) as {{ point }}
    {% endfor -%}
    where month_end.cumulative_amount is not null

),

rated as {{ computed_once() }} (

    select
        means.customer_id,
        means.from_date,
        means.rated_on,
        bands.value_tier
    from means
    left join bands
        on means.rated_on = bands.rated_on
        and means.mean_amount >= bands.lower_amount
        and (bands.upper_amount is null or means.mean_amount < bands.upper_amount)

),

points as (

    select
        customer_id,
        rated_on as valid_from,
        value_tier,
        false as is_carried,
        cast(null as date) as carried_to
    from rated
    union all
    -- who is merged into another customer has no tier from then on
    select
        customer_id,
        {{ add_days('used_to', 1) }},
        cast(null as text),
        false,
        cast(null as date)
    from customers
    where used_to < {{ night_date() }} and {{ add_days('used_to', 1) }} >= from_date
    {% if partial -%}
    union all
    select
        before.customer_id,
        before.valid_from,
        before.value_tier,
        true as is_carried,
        before.valid_to as carried_to
    from {{ this }} as before
    inner join rated
        on before.customer_id = rated.customer_id
        and rated.rated_on = {{ span_from() }}
        and rated.from_date = {{ span_from() }}
    where
        before.valid_from < {{ span_from() }}
        and (before.valid_to is null or before.valid_to >= {{ add_days(span_from(), -1) }})
    {%- endif %}

),

compared as (

    select
        *,
        lag(value_tier) over (partition by customer_id order by valid_from) as previous_tier
    from points

),

intervals as (

    select
        *,
        {{ add_days('lead(valid_from) over (partition by customer_id order by valid_from)', -1) }} as valid_to
    from compared
    where value_tier is distinct from previous_tier

),

final as (

    select
        customer_id,
        valid_from,
        valid_to,
        value_tier
    from intervals
    where
        value_tier is not null
        and not (is_carried and valid_to is not distinct from carried_to)

)

select * from final
