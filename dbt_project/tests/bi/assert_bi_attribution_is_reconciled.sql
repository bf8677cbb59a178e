-- A row here is a published month and model, Markov included, whose credits do not add up to the
-- conversions or whose values do not add up to theirs.
select distinct period_month, goal_type, model
from {{ ref('bi_attribution_summary') }}
where not is_reconciled
