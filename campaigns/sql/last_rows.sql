create temporary table last_rows on commit drop as
select distinct on (strategy_id, cycle, customer_id) *
from published_rows
order by strategy_id, cycle, customer_id, wave desc, attempt desc
