insert into activation.audience_sizes (night_date, strategy_id, audience_count)
select %(night)s, strategies.strategy_id, count(decisions.customer_id)
from activation.tonight_strategies as strategies
left join activation.decisions as decisions
    on strategies.strategy_id = decisions.strategy_id
    and decisions.night_date = %(night)s
group by strategies.strategy_id
