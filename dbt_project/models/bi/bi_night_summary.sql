{{ config(alias='bi_night_summary__build') }}

with

audit as (

    select *
    from {{ source('ops', 'load_audit') }}
    where arrived_date between {{ span_from() }} and {{ night_date() }}

),

statuses as (

    select *
    from {{ source('ops', 'feed_status') }}
    where arrived_date between {{ span_from() }} and {{ night_date() }}

),

decisions as (

    select *
    from {{ ref('msr_decision_funnel') }}
    where night_date = {{ night_date() }}

),

tags as (

    select *
    from {{ ref('customer_tags') }}
    where as_of_date = {{ night_date() }}

),

touches as (

    select *
    from {{ ref('attr_touches') }}
    where touch_date = {{ night_date() }}

),

conversions as (

    select *
    from {{ ref('fct_conversions') }}
    where converted_date = {{ night_date() }}

),

-- what counts rows is shown as it is; what counts customers only from ten on
measured as (

    select 1 as position, 'rows_read' as metric, coalesce(sum(rows_read), 0) as amount, false as is_group from audit
    union all
    select 2, 'rows_loaded', coalesce(sum(rows_loaded), 0), false from audit
    union all
    select 3, 'rows_quarantined', coalesce(sum(rows_quarantined), 0), false from audit
    union all
    select 4, 'rows_deduplicated', coalesce(sum(rows_deduplicated), 0), false from audit
    union all
    select 5, 'rows_deferred', coalesce(sum(rows_deferred), 0), false from audit
    union all
    select 6, 'feeds_absent', count(*), false from statuses where status <> 'delivered'
    union all
    select 7, 'customers', count(*), true from tags
    union all
    select 8, 'decisions', coalesce(sum(customer_count), 0), true from decisions
    union all
    select 9, 'decisions_listed', coalesce(sum(customer_count), 0), true from decisions where outcome = 'listed'
    union all
    select 10, 'decisions_excluded', coalesce(sum(customer_count), 0), true from decisions where outcome = 'excluded'
    union all
    select 11, 'customers_touched', count(distinct customer_id), true from touches
    union all
    select 12, 'customers_converted', count(distinct customer_id), true from conversions

),

final as (

    select
        {{ night_date() }} as as_of_date,
        {{ current_night_column('night_id') }} as night_id,
        position,
        metric,
        cast(case when not (is_group and {{ attr_is_small('amount') }}) then amount end as bigint) as amount,
        is_group and {{ attr_is_small('amount') }} as is_suppressed
    from measured

)

select * from final
