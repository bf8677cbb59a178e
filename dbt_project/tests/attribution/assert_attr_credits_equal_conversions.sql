-- A row here is a month, goal and rule-based model whose credits do not add up to the conversions,
-- or whose credited values do not add up to their value: no channel total of it may be shown.
select *
from {{ ref('attr_reconciliation') }}
where not is_reconciled
