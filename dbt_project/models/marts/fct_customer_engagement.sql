{{
    config(
        materialized='partitioned_incremental',
        partition_by={'column': 'engagement_date', 'grain': 'month'},
        touched={'by': 'customers'},
        partition_indexes=[{'columns': ['customer_id', 'engagement_date']}, {'columns': ['engagement_date']}]
    )
}}

with

recompute as (
    {{ customers_to_recompute() }}
),

sessions as (
    select
        events.customer_id,
        events.event_date as engagement_date,
        count(distinct events.session_id) as app_session_count
    from {{ ref('fct_app_events') }} as events
    inner join recompute
        on events.customer_id = recompute.customer_id and events.event_date >= recompute.from_date
    where
        events.event_date >= (select min(from_date) from recompute)
        and events.event_date <= {{ night_date() }}
    group by events.customer_id, events.event_date
),

visits as (
    select
        visits.customer_id,
        visits.visit_date as engagement_date,
        count(*) as branch_visit_count
    from {{ ref('fct_branch_visits') }} as visits
    inner join recompute
        on visits.customer_id = recompute.customer_id and visits.visit_date >= recompute.from_date
    where visits.visit_date <= {{ night_date() }}
    group by visits.customer_id, visits.visit_date
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
