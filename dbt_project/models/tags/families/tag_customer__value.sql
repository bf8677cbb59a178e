{#-
  The tier is the mean AUM of the last full calendar month, so it changes once a month, and on the
  day from which other limits hold. The mean is the difference of two running totals, over the
  month's known days.
-#}
{% set month_start = first_of_month(night_date()) %}
{% set last_day_rated = add_days(month_start, -1) %}
{% set last_day_before = add_days(first_of_month(last_day_rated), -1) %}

with

features as (
    select * from {{ ref('ftr_customers') }} where as_of_date = {{ night_date() }}
),

windows as (
    select * from {{ ref('ftr_customers__windows') }} where as_of_date = {{ night_date() }}
),

days_90_ago as (
    select * from {{ ref('ftr_customers__daily') }} where as_of_date = {{ add_days(night_date(), -90) }}
),

month_end as (
    select * from {{ ref('fct_customer_aum') }} where as_of_date = {{ last_day_rated }}
),

month_begin as (
    select * from {{ ref('fct_customer_aum') }} where as_of_date = {{ last_day_before }}
),

-- who was another customer in between begins anew
spans as (
    select
        customer_id,
        used_from,
        greatest(first_opened_date, {{ current_night_column('first_loaded_date') }}, used_from) as first_date
    from {{ ref('int_customers__spans') }}
    where {{ night_date() }} between used_from and used_to
),

rated as (
    select
        month_end.customer_id,
        {{ mean_to_minor_unit(
            '(month_end.cumulative_amount - coalesce(month_begin.cumulative_amount, 0))',
            '(' ~ days_between('greatest(' ~ last_day_before ~ ', ' ~ add_days('spans.first_date', -1) ~ ')', last_day_rated)
            ~ ' - (month_end.unknown_day_count - coalesce(month_begin.unknown_day_count, 0)))'
        ) }} as mean_amount
    from month_end
    inner join spans
        on month_end.customer_id = spans.customer_id
        and month_end.as_of_date >= spans.used_from
    left join month_begin
        on month_end.customer_id = month_begin.customer_id
        and month_begin.as_of_date >= spans.used_from
),

limits as (
    select
        ranked.value_tier as band,
        ranked.lower_amount as lower_bound,
        lead(ranked.lower_amount) over (order by ranked.lower_amount) as upper_bound,
        lead(cast(ranked.lower_amount * (1 - ranked.near_share) as bigint)) over (
            order by ranked.lower_amount
        ) as near_amount
    from (
        select
            value_tier,
            lower_amount,
            near_share,
            rank() over (order by valid_from desc) as recency
        from {{ ref('value_tier_limits') }}
        where
            currency_code = {{ current_night_column('currency_code') }}
            and valid_from <= {{ night_date() }}
    ) as ranked
    where ranked.recency = 1
),

aum_bands as (
    {{ bands_of_tag('aum_band') }}
),

{% for dimension in ['recency', 'frequency', 'monetary'] -%}
{{ dimension }}_bands as (
    {{ rfm_bands(dimension) }}
),

{% endfor -%}

final as (
    select
        features.customer_id,
        features.as_of_date,
        limits.band as value_tier,
        case when rated.mean_amount is not null then coalesce(rated.mean_amount >= limits.near_amount, false) end
            as is_near_tier,
        features.aum_month_average_amount,
        windows.aum_peak_amount_365d,
        case
            when features.aum_month_average_amount is null or coalesce(days_90_ago.month_average_amount, 0) = 0
                then null
            when
                features.aum_month_average_amount
                >= (1 + {{ tag_limit('aum_trend_share') }}) * days_90_ago.month_average_amount
                then 'rising'
            when
                features.aum_month_average_amount
                <= (1 - {{ tag_limit('aum_trend_share') }}) * days_90_ago.month_average_amount
                then 'falling'
            else 'steady'
        end as aum_trend,
        aum_bands.band as aum_band,
        case
            when features.has_profiling_basis and features.days_on_book is not null
                then coalesce(recency_bands.band, 1)
        end as rfm_recency_quintile,
        case
            when features.has_profiling_basis and features.days_on_book is not null
                then frequency_bands.band
        end as rfm_frequency_quintile,
        case
            when features.has_profiling_basis and features.days_on_book is not null
                then monetary_bands.band
        end as rfm_monetary_quintile
    from features
    left join windows on features.customer_id = windows.customer_id
    left join days_90_ago on features.customer_id = days_90_ago.customer_id
    left join rated on features.customer_id = rated.customer_id
    {{ join_band('limits', 'rated.mean_amount') }}
    {{ join_band('aum_bands', 'features.aum_month_average_amount') }}
    {{ join_band('recency_bands', 'features.days_since_last_activity') }}
    {{ join_band('frequency_bands', 'features.customer_initiated_count_90d') }}
    {{ join_band('monetary_bands', 'features.aum_month_average_amount') }}
)

select * from final
