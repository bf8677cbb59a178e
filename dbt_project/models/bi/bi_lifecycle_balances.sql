{{ config(alias='bi_lifecycle_balances__build') }}

{%- set is_small = '(' ~ attr_is_small('start_count') ~ ' or ' ~ attr_is_small('end_count') ~ ')' %}
{%- set size = 'least(start_count, end_count)' %}

with

balances as (

    select *
    from {{ ref('lifecycle_daily_balance') }}
    where as_of_date <= {{ night_date() }}
        and as_of_date >= {{ attr_first_restated_day() }}

),

ranked as (

    select
        balances.*,
        {{ attr_group_ranks('as_of_date', 'stage', is_small, size) }}
    from balances

),

labelled as (

    select
        ranked.*,
        {{ size }} as size,
        case when {{ attr_is_pooled(is_small, size) }} then {{ attr_pool_label() }} else stage end
            as shown_stage
    from ranked

),

shown as (

    select
        as_of_date,
        shown_stage as stage,
        sum(start_count) as start_count,
        sum(in_count) as in_count,
        sum(out_count) as out_count,
        sum(end_count) as end_count,
        shown_stage = {{ attr_pool_label() }} and sum(size) < {{ attr_least_group() }} as is_suppressed,
        {{ attr_is_small('sum(in_count)') }} or {{ attr_is_small('sum(out_count)') }} as has_small_flow
    from labelled
    group by as_of_date, shown_stage

),

final as (

    select
        as_of_date,
        {{ current_night_column('night_id') }} as night_id,
        stage,
        cast(case when not is_suppressed then start_count end as bigint) as start_count,
        cast(case when not is_suppressed and not has_small_flow then in_count end as bigint) as in_count,
        cast(case when not is_suppressed and not has_small_flow then out_count end as bigint) as out_count,
        cast(case when not is_suppressed then end_count end as bigint) as end_count,
        is_suppressed
    from shown

)

select * from final
