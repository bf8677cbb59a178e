with

firsts as (

    select
        decisions.*,
        strategies.closing_goal,
        strategies.wave_count,
        strategies.max_attempts,
        strategies.cool_down_days,
        strategies.outcome_window_days,
        last_waves.planned_day,
        channels.validity_days
    from activation.decisions as decisions
    inner join activation.tonight_strategies as strategies
        on decisions.strategy_id = strategies.strategy_id
    inner join activation.tonight_waves as last_waves
        on decisions.strategy_id = last_waves.strategy_id
        and strategies.wave_count = last_waves.wave
    inner join activation.act_channels as channels
        on channels.channel = coalesce(last_waves.channel, decisions.channel)
    where decisions.night_date = %(night)s
        and decisions.outcome in ('listed', 'control')
        and decisions.is_first

)

insert into activation.units (
    strategy_id, cycle, customer_id, campaign_id, arm, control_share, opened_date, channel,
    product_id, benefit_code, purpose, closing_goal, wave_count, max_attempts, cool_down_days,
    planned_end_date, horizon_date, outcome_end_date, rule_version
)
select
    strategy_id,
    cycle,
    customer_id,
    campaign_id,
    arm,
    control_share,
    night_date,
    channel,
    product_id,
    benefit_code,
    purpose,
    closing_goal,
    wave_count,
    max_attempts,
    cool_down_days,
    night_date + planned_day + validity_days,
    night_date + planned_day + max_attempts * (validity_days + 1),
    night_date + outcome_window_days,
    rule_version
from firsts
