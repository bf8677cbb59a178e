{#-
  CTEs up to `conditions`: what the stage rules ask about each customer on one day, under that
  day's thresholds. A condition that cannot be decided (too few observed days, an unknown AUM) is
  false. The two conditions of won_back look back at stages and are in lifecycle_states.
  A macro and not an ephemeral model, because its text depends on the build that asks.
-#}
{% macro lifecycle_conditions(day) %}
{%- set first_peak_day = add_days(day, '1 - (select thresholds.collapse_peak_days from thresholds)') %}
recompute as (
    {{ customers_to_recompute() }}
),

thresholds as (
    {{ thresholds_on(day) }}
),

floors as (
    select max(ranked.floor_amount) as floor_amount
    from (
        select floor_amount, row_number() over (order by valid_from desc) as recency
        from {{ ref('lifecycle_floors') }}
        where currency_code = {{ current_night_column('currency_code') }} and valid_from <= {{ day }}
    ) as ranked
    where ranked.recency = 1
),

population as (
    select
        spans.customer_id,
        spans.first_opened_date <= {{ day }} as is_customer
    from recompute
    inner join {{ ref('int_customers__spans') }} as spans
        on recompute.customer_id = spans.customer_id
        and {{ day }} between spans.used_from and spans.used_to
    where
        recompute.from_date <= {{ day }}
        and least(spans.first_seen_date, spans.first_opened_date) <= {{ day }}
),

authorised as (
    select distinct population.customer_id
    from population
    inner join {{ ref('int_customers__authorised') }} as authorised
        on population.customer_id = authorised.customer_id
        and {{ day }} between authorised.valid_from and authorised.valid_to
),

{% for name, offset in [('today', 0), ('before_30', 30), ('before_90', 90), ('before_180', 180)] -%}
{{ name }} as (
    select * from {{ ref('ftr_customers__daily') }}
    where as_of_date = {{ add_days(day, -offset) }}
),

{% endfor -%}

scores as (
    select churn.customer_id, max(churn.score) as score
    from population
    inner join {{ source('predictions', 'churn') }} as churn
        on population.customer_id = churn.customer_id
    where
        churn.is_champion
        and churn.as_of_date = {{ day }}
        and {{ day }} >= {{ current_night_column('score_trigger_from') }}
    group by churn.customer_id
),

measures as {{ computed_once() }} (
    select
        population.customer_id,
        coalesce(population.is_customer, false) as is_customer,
        authorised.customer_id is not null as is_authorised,
        today.days_on_book,
        today.observed_days,
        today.open_product_count,
        today.activity_count,
        today.active_day_count,
        today.last_activity_date,
        today.aum_amount,
        today.month_average_amount,
        today.highest_month_average_amount,
        today.days_on_book >= thresholds.established_days as is_established,
        today.activity_count - coalesce(before_30.activity_count, 0) as activity_count_30d,
        today.active_day_count - coalesce(before_30.active_day_count, 0) as active_day_count_30d,
        today.activity_count - before_90.activity_count as activity_count_90d,
        before_90.activity_count - before_180.activity_count as activity_count_previous_90d,
        before_90.month_average_amount as month_average_90d_ago,
        before_90.open_product_count as open_product_count_90d_ago,
        scores.score,
        floors.floor_amount
    from population
    left join today on population.customer_id = today.customer_id
    left join before_30 on population.customer_id = before_30.customer_id
    left join before_90 on population.customer_id = before_90.customer_id
    left join before_180 on population.customer_id = before_180.customer_id
    left join scores on population.customer_id = scores.customer_id
    left join authorised on population.customer_id = authorised.customer_id
    cross join thresholds
    cross join floors
),

{{ month_peak_dates(first_peak_day, day) }},

collapsed as (
    select measures.customer_id
    from measures
    cross join thresholds
    {{ each_of() }} (
        {{ highest_month_average('measures.customer_id', first_peak_day) }}
    ) as peaks
    where
        measures.is_established
        and measures.observed_days >= thresholds.collapse_peak_days
        and measures.month_average_amount < measures.floor_amount
        and measures.highest_month_average_amount >= greatest(measures.floor_amount, 1)
        and measures.month_average_amount
        <= thresholds.collapse_share * measures.highest_month_average_amount
        and peaks.peak_amount >= greatest(measures.floor_amount, 1)
        and measures.month_average_amount <= thresholds.collapse_share * peaks.peak_amount
),

conditions as {{ computed_once() }} (
    select
        measures.customer_id,
        measures.is_customer,
        measures.is_authorised,
        measures.aum_amount,
        measures.floor_amount,
        measures.activity_count,
        measures.active_day_count,
        measures.activity_count_30d,
        measures.active_day_count_30d,
        measures.observed_days,
        coalesce(measures.open_product_count, 0) = 0 as is_account_closed,
        coalesce(
            measures.is_established
            and measures.observed_days >= thresholds.dormant_days
            and {{ is_idle_for('dormant_days') }}
            and measures.aum_amount < measures.floor_amount, false
        ) as is_inactivity_365,
        coalesce(
            measures.is_established
            and measures.observed_days >= thresholds.churned_days
            and {{ is_idle_for('churned_days') }}, false
        ) as is_inactivity_180,
        collapsed.customer_id is not null as is_aum_collapse,
        coalesce(
            measures.days_on_book <= thresholds.onboarding_last_day, false
        ) as is_account_opened,
        coalesce(
            measures.is_established
            and measures.observed_days >= thresholds.activity_observation_days
            and measures.activity_count_previous_90d >= greatest(thresholds.activity_base_floor, 1)
            and measures.activity_count_90d
            <= (1 - thresholds.fall_share) * measures.activity_count_previous_90d, false
        ) as is_activity_fall,
        coalesce(
            measures.is_established
            and measures.observed_days >= thresholds.aum_observation_days
            and measures.month_average_90d_ago >= greatest(measures.floor_amount, 1)
            and measures.month_average_amount
            <= (1 - thresholds.fall_share) * measures.month_average_90d_ago, false
        ) as is_aum_fall,
        coalesce(
            measures.is_established and measures.score > thresholds.churn_score, false
        ) as is_churn_score,
        coalesce(
            measures.days_on_book > thresholds.onboarding_last_day
            and measures.days_on_book <= thresholds.growing_last_day, false
        ) as is_days_on_book,
        coalesce(
            measures.observed_days >= thresholds.aum_observation_days
            and measures.month_average_90d_ago >= greatest(measures.floor_amount, 1)
            and measures.month_average_amount
            >= (1 + thresholds.rise_share) * measures.month_average_90d_ago, false
        ) as is_aum_rise,
        coalesce(
            measures.observed_days >= thresholds.product_observation_days
            and measures.open_product_count > measures.open_product_count_90d_ago, false
        ) as is_product_more,
        thresholds.behaviour_confirm_days as confirm_days,
        thresholds.behaviour_exit_days as exit_days,
        thresholds.won_back_days as won_back_days,
        thresholds.won_back_count as won_back_count,
        thresholds.won_back_active_days as won_back_active_days
    from measures
    cross join thresholds
    left join collapsed on measures.customer_id = collapsed.customer_id
)
{% endmacro %}
