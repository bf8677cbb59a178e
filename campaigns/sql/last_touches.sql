create temporary table last_touches on commit drop as
select customer_id, max(touch_date) as touch_date
from touches
group by customer_id
