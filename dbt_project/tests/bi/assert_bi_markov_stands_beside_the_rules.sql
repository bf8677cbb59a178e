-- A row here is a published month and goal that the rule-based models know and no Markov model does:
-- the step between attribution and measurement did not run, or ran on older paths.
select period_month, goal_type
from {{ ref('bi_attribution_summary') }}
group by period_month, goal_type
having max(case when model like 'markov%' then 1 else 0 end) = 0
