{{
    config(
        materialized='partitioned_incremental',
        partition_by={'column': 'engagement_date', 'grain': 'month'},
        touched={'by': 'customers'},
        partition_indexes=[{'columns': ['customer_id', 'engagement_date']}, {'columns': ['engagement_date'], 'block_range': true}]
    )
}}

with

events as (
    {{ recomputed_rows(ref('fct_app_events'), 'event_date') }}
),

branch_visits as (
    {{ recomputed_rows(ref('fct_branch_visits'), 'visit_date') }}
),

sessions as (
    select customer_id, event_date as engagement_date, count(distinct session_id) as app_session_count
    from events
    group by customer_id, event_date
),

visits as (
    select customer_id, visit_date as engagement_date, count(*) as branch_visit_count
    from branch_visits
    group by customer_id, visit_date
),

final as (
    select
        coalesce(sessions.customer_id, visits.customer_id) as customer_id,
        coalesce(sessions.engagement_date, visits.engagement_date) as engagement_date,
        cast(coalesce(sessions.app_session_count, 0) as integer) as app_session_count,
        cast(coalesce(visits.branch_visit_count, 0) as integer) as branch_visit_count
    from sessions
    full outer join visits
        on sessions.customer_id = visits.customer_id and sessions.engagement_date = visits.engagement_date
)

select * from final
