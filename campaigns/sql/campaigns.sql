insert into activation.campaigns (campaign_id, strategy_id, cycle, purpose, first_night)
select campaign_id, strategy_id, cycle, min(purpose), min(opened_date)
from activation.units
where opened_date = %(night)s
group by campaign_id, strategy_id, cycle
on conflict (campaign_id) do nothing
