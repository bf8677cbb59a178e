{{
    config(
        materialized='partitioned_incremental',
        partition_by={'column': 'as_of_date', 'grain': 'day'},
        touched={'by': 'dates'},
        partition_indexes=[{'columns': ['customer_id']}],
        post_hook="{{ keep_nights(3) }}"
    )
}}
{#-
  Yesterday's windows, with what enters tonight added and what leaves taken away: the rows of one
  day for each window, whatever its length. The few customers without a row of yesterday, and those
  whose past changed, are looked up and summed from their days.
-#}
{% set partial = is_partial_build() %}
{% set night = night_date() %}
{% set sources = windowed_measures() %}
{% set gap_days = 180 %}
{% set peak_days = 365 %}
{% set first_peak_day = add_days(night, 1 - peak_days) %}

{#- every summed column: its name, its type, the table it is summed from, and what a day adds to it -#}
{% set summed_columns = [] %}
{% for relation, source in sources.items() %}
{% for name, expression, windows in source.measures %}
{% for window in windows %}
{% do summed_columns.append({
    'name': name ~ '_' ~ window ~ 'd',
    'type': 'bigint' if name.endswith('amount') else 'integer',
    'relation': relation,
    'change': 'coalesce(' ~ relation ~ '_0.' ~ name ~ ', 0) - coalesce(' ~ relation ~ '_' ~ window ~ '.' ~ name ~ ', 0)'
}) %}
{% endfor %}
{% endfor %}
{% endfor %}
{#- and every counted one -#}
{% set counted_columns = [] %}
{% for window in window_days() %}
{% for name in distinct_kinds().values() %}
{% do counted_columns.append(name ~ '_' ~ window ~ 'd') %}
{% endfor %}
{% endfor %}
{#- how both look where they are summed from all days -#}
{% set first_active -%}
min(case
    when customer_initiated_count > 0 and activity_date > {{ add_days(night, -gap_days) }} then activity_date
end) as first_active_date_{{ gap_days }}d,
{%- endset %}
{% set from_all_days -%}
{% for column in summed_columns -%}
coalesce({{ column.relation }}_summed.{{ column.name }}, 0) as {{ column.name }},
{% endfor -%}
{% for column in counted_columns -%}
coalesce(distinct_counts.{{ column }}, 0) as {{ column }},
{% endfor -%}
fct_customer_activity_summed.first_active_date_{{ gap_days }}d,
{%- endset %}

with

recompute as (
    {{ customers_to_recompute() }}
),

activity as {{ read_in_place() }} (
    select * from {{ ref('fct_customer_activity') }}
),

days as {{ read_in_place() }} (
    select * from {{ ref('ftr_customers__daily') }}
),

population as (
    select dim_customers.customer_id, recompute.from_date
    from recompute
    inner join {{ ref('dim_customers') }} as dim_customers
        on recompute.customer_id = dim_customers.customer_id
    left join {{ ref('int_customers__erased') }} as erased
        on dim_customers.customer_id = erased.customer_id
    where
        least(dim_customers.first_seen_date, dim_customers.first_opened_date) <= {{ night }}
        and erased.customer_id is null
),

today as (
    select customer_id, month_average_amount from days where as_of_date = {{ night }}
),

{% if partial -%}
yesterday as {{ read_in_place() }} (
    select * from {{ this }} where as_of_date = {{ add_days(night, -1) }}
),

stale as {{ computed_once() }} (
    select population.customer_id
    from population
    left join yesterday on population.customer_id = yesterday.customer_id
    where yesterday.customer_id is null or population.from_date < {{ span_from() }}
),

{% for relation, source in sources.items() -%}
{% for window in [0] + window_days() -%}
{{ relation }}_{{ window }} as (
    select
        customer_id,
        {% for name, expression, windows in source.measures -%}
        {{ expression }} as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref(relation) }}
    where {{ source.date }} = {{ add_days(night, -window) }}
),

{% endfor -%}
{% endfor -%}

-- what was seen tonight enters a window that it was not in, what was not seen since its first day leaves
seen_at_the_edges as (
    select
        customer_id,
        kind,
        {% for window in window_days() -%}
        case
            when last_seen_date < {{ night }} then case when last_seen_date = {{ add_days(night, -window) }} then -1 else 0 end
            when previous_seen_date > {{ add_days(night, -1 - window) }} then 0
            else 1
        end as change_{{ window }}d
        {{- ',' if not loop.last }}
        {% endfor %}
    from {{ ref('ftr_customers__last_seen') }}
    where last_seen_date in (
        {{ night }},
        {%- for window in window_days() %}
        {{ add_days(night, -window) }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
),

distinct_changes as (
    select
        customer_id,
        {% for kind, name in distinct_kinds().items() -%}
        {% set outer_last = loop.last -%}
        {% for window in window_days() -%}
        sum(case when kind = '{{ kind }}' then change_{{ window }}d else 0 end) as {{ name }}_{{ window }}d
        {{- ',' if not (outer_last and loop.last) }}
        {% endfor -%}
        {% endfor %}
    from seen_at_the_edges
    where kind in ('{{ distinct_kinds() | join("', '") }}')
    group by customer_id
),

left_behind as (
    select customer_id from yesterday
    where first_active_date_{{ gap_days }}d <= {{ add_days(night, -gap_days) }}
),

next_active as (
    select left_behind.customer_id, found.first_active_date
    from left_behind
    {{ each_of() }} (
        select min(activity.activity_date) as first_active_date
        from activity
        where
            activity.customer_id = left_behind.customer_id
            and activity.customer_initiated_count > 0
            and activity.activity_date > {{ add_days(night, -gap_days) }}
            and activity.activity_date <= {{ night }}
    ) as found
),

leaving_peaks as (
    select customer_id, month_average_amount from days where as_of_date = {{ add_days(night, -peak_days) }}
),

peaks_to_find as (
    select yesterday.customer_id
    from yesterday
    inner join leaving_peaks on yesterday.customer_id = leaving_peaks.customer_id
    left join today on yesterday.customer_id = today.customer_id
    where
        leaving_peaks.month_average_amount >= yesterday.aum_peak_amount_{{ peak_days }}d
        and coalesce(today.month_average_amount < yesterday.aum_peak_amount_{{ peak_days }}d, true)

    union distinct

    select customer_id from stale
),

{{ last_days_inside(first_peak_day, night) }},

found_peaks as (
    select customer_id, max(amount) as peak_amount
    from (
        select peaks_to_find.customer_id, {{ month_peak_amount('days', first_peak_day) }} as amount
        from peaks_to_find
        inner join days on peaks_to_find.customer_id = days.customer_id
        where {{ is_month_peak_day('days.as_of_date', first_peak_day, night) }}

        union all

        select last_days.customer_id, {{ month_peak_amount('last_day', first_peak_day) }} as amount
        from last_days
        inner join peaks_to_find on last_days.customer_id = peaks_to_find.customer_id
        {{ each_of() }} (
            select * from days
            where days.customer_id = last_days.customer_id and days.as_of_date = last_days.as_of_date
            {{ looked_up() }}
        ) as last_day
    ) as amounts
    group by customer_id
),

kept as (
    select
        population.customer_id,
        {% for column in summed_columns -%}
        yesterday.{{ column.name }} + {{ column.change }} as {{ column.name }},
        {% endfor -%}
        {% for column in counted_columns -%}
        yesterday.{{ column }} + coalesce(distinct_changes.{{ column }}, 0) as {{ column }},
        {% endfor -%}
        case
            when yesterday.first_active_date_{{ gap_days }}d > {{ add_days(night, -gap_days) }}
                then yesterday.first_active_date_{{ gap_days }}d
            when yesterday.first_active_date_{{ gap_days }}d is not null then next_active.first_active_date
            when fct_customer_activity_0.active_days > 0 then {{ night }}
        end as first_active_date_{{ gap_days }}d,
        today.month_average_amount as aum_month_average_amount,
        case
            when found_peaks.customer_id is not null then found_peaks.peak_amount
            else greatest(yesterday.aum_peak_amount_{{ peak_days }}d, today.month_average_amount)
        end as aum_peak_amount_{{ peak_days }}d
    from population
    inner join yesterday on population.customer_id = yesterday.customer_id
    left join today on population.customer_id = today.customer_id
    left join next_active on population.customer_id = next_active.customer_id
    left join distinct_changes on population.customer_id = distinct_changes.customer_id
    left join found_peaks on population.customer_id = found_peaks.customer_id
    {% for relation in sources -%}
    {% for window in [0] + window_days() -%}
    left join {{ relation }}_{{ window }} on population.customer_id = {{ relation }}_{{ window }}.customer_id
    {% endfor -%}
    {% endfor -%}
    where population.from_date >= {{ span_from() }}
),

looked_up as (
    select
        stale.customer_id,
        {{ from_all_days }}
        today_of_one.month_average_amount as aum_month_average_amount,
        found_peaks.peak_amount as aum_peak_amount_{{ peak_days }}d
    from stale
    left join found_peaks on stale.customer_id = found_peaks.customer_id
    {% for relation, source in sources.items() -%}
    {{ each_of() }} (
        select
            {{ first_active if loop.first }}
            {{ window_sums(relation) }}
        from {{ ref(relation) }} as days_of_one
        where
            days_of_one.customer_id = stale.customer_id
            and days_of_one.{{ source.date }} > {{ add_days(night, -(window_days() | max)) }}
            and days_of_one.{{ source.date }} <= {{ night }}
    ) as {{ relation }}_summed
    {% endfor -%}
    {{ each_of() }} (
        select
            {{ distinct_in_windows() }}
        from {{ ref('ftr_customers__last_seen') }} as codes_of_one
        where codes_of_one.customer_id = stale.customer_id and codes_of_one.last_seen_date <= {{ night }}
    ) as distinct_counts
    {{ each_of() }} (
        select max(days.month_average_amount) as month_average_amount
        from days
        where days.customer_id = stale.customer_id and days.as_of_date = {{ night }}
    ) as today_of_one
),

windows as (
    select * from kept
    union all
    select * from looked_up
),
{%- else -%}
last_seen as (
    select * from {{ ref('ftr_customers__last_seen') }}
    where last_seen_date > {{ add_days(night, -(window_days() | max)) }} and last_seen_date <= {{ night }}
),

distinct_counts as (
    select
        customer_id,
        {{ distinct_in_windows() }}
    from last_seen
    group by customer_id
),

{% for relation, source in sources.items() -%}
{{ relation }}_summed as (
    select
        customer_id,
        {{ first_active if loop.first }}
        {{ window_sums(relation) }}
    from {{ ref(relation) }}
    where
        {{ source.date }} > {{ add_days(night, -(window_days() | max)) }}
        and {{ source.date }} <= {{ night }}
    group by customer_id
),

{% endfor -%}

found_peaks as (
    select customer_id, max(month_average_amount) as peak_amount
    from days
    where as_of_date >= {{ first_peak_day }} and as_of_date <= {{ night }}
    group by customer_id
),

windows as (
    select
        population.customer_id,
        {{ from_all_days }}
        today.month_average_amount as aum_month_average_amount,
        found_peaks.peak_amount as aum_peak_amount_{{ peak_days }}d
    from population
    left join today on population.customer_id = today.customer_id
    left join distinct_counts on population.customer_id = distinct_counts.customer_id
    left join found_peaks on population.customer_id = found_peaks.customer_id
    {% for relation in sources -%}
    left join {{ relation }}_summed on population.customer_id = {{ relation }}_summed.customer_id
    {% endfor %}
),
{%- endif %}

final as (
    select
        customer_id,
        {{ night }} as as_of_date,
        {% for column in summed_columns -%}
        cast({{ column.name }} as {{ column.type }}) as {{ column.name }},
        {% endfor -%}
        {% for column in counted_columns -%}
        cast({{ column }} as integer) as {{ column }},
        {% endfor -%}
        first_active_date_{{ gap_days }}d,
        aum_month_average_amount,
        aum_peak_amount_{{ peak_days }}d,
        cast({{ current_night_column('currency_code') }} as text) as currency_code
    from windows
)

select * from final
