-- A row here is a month and goal for which the Markov step ran on other journeys than the paths say,
-- or did not run: its credits or values do not add up.
with

paths as (

    select
        period_month, goal_type, window_days,
        sum(conversion_count) as conversion_count,
        sum(value_amount) as value_amount
    from {{ ref('attr_paths') }}
    group by period_month, goal_type, window_days

),

credits as (

    select
        period_month, goal_type, window_days, model,
        sum(credit) as credit,
        sum(value_amount) as value_amount
    from {{ source('attribution', 'markov_credits') }}
    group by period_month, goal_type, window_days, model

)

select paths.period_month, paths.goal_type, credits.model
from paths
left join credits
    on paths.period_month = credits.period_month
    and paths.goal_type = credits.goal_type
    and paths.window_days = credits.window_days
where credits.model is null
    or credits.credit <> paths.conversion_count
    or credits.value_amount <> paths.value_amount
