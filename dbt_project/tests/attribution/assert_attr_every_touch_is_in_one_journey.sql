-- A row here is a touch that is in no journey of a goal, or in more than one: a journey was lost, or
-- a night left two versions of one. Whom this run did not touch an earlier one has checked.
select
    touches.touch_id,
    count(events.journey_id) as journey_count
from {{ ref('attr_touches') }} as touches
inner join {{ ref('attr_customers_touched') }} as touched on touches.customer_id = touched.customer_id
left join {{ ref('attr_journey_events') }} as events
    on touches.customer_id = events.customer_id and touches.touch_id = events.event_id
group by touches.touch_id
having count(events.journey_id) <> {{ attr_goal_types() | length }}
    or count(distinct events.goal_type) <> {{ attr_goal_types() | length }}
