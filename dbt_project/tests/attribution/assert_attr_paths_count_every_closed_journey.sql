-- A row here is a month and goal whose paths count other journeys than those that have closed by
-- tonight: the Markov chains of that month would be fitted to the wrong journeys.
with

journeys as (

    select
        {{ first_of_month('closes_date') }} as period_month,
        goal_type,
        count(*) as journey_count
    from {{ ref('attr_journeys') }}
    where closes_date <= {{ night_date() }}
    group by {{ first_of_month('closes_date') }}, goal_type

),

paths as (

    select period_month, goal_type, sum(conversion_count + null_count) as journey_count
    from {{ ref('attr_paths') }}
    group by period_month, goal_type

)

select
    coalesce(journeys.period_month, paths.period_month) as period_month,
    coalesce(journeys.goal_type, paths.goal_type) as goal_type,
    journeys.journey_count,
    paths.journey_count as path_count
from journeys
full outer join paths
    on journeys.period_month = paths.period_month and journeys.goal_type = paths.goal_type
where journeys.journey_count is distinct from paths.journey_count
