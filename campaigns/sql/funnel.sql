insert into activation.funnel (
    night_date, run_key, strategy_id, outcome, reason, decision_count
)
select night_date, run_key, strategy_id, outcome, reason, count(*)
from activation.decisions
where night_date = %(night)s
group by night_date, run_key, strategy_id, outcome, reason
