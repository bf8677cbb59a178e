insert into activation.tonight_list_rows (
    list_row_id, night_date, campaign_id, strategy_id, cycle, wave, attempt, customer_id, party_id,
    channel, branch_id, relationship_manager_id, product_id, benefit_code, script_id, priority,
    expected_value_amount, reason_code, consent_checked_at, expires_date, model_version,
    rule_version, night_id
)
select
    md5(
        decisions.campaign_id || '|' || decisions.wave || '|' || decisions.attempt || '|'
        || decisions.customer_id
    ),
    decisions.night_date,
    decisions.campaign_id,
    decisions.strategy_id,
    decisions.cycle,
    decisions.wave,
    decisions.attempt,
    decisions.customer_id,
    customers.party_id,
    decisions.channel,
    customers.branch_id,
    customers.relationship_manager_id,
    decisions.product_id,
    decisions.benefit_code,
    channels.script_id,
    decisions.priority,
    decisions.value_amount,
    case
        when decisions.attempt > 1 then 'attempt_' || decisions.attempt
        else 'wave_' || decisions.wave
    end,
    cast(%(night)s + 1 as timestamp) at time zone %(time_zone)s,
    decisions.night_date + channel_rules.validity_days,
    null,
    decisions.rule_version,
    decisions.night_id
from activation.decisions as decisions
inner join activation.act_customers as customers on decisions.customer_id = customers.customer_id
inner join activation.tonight_channels as channels
    on decisions.strategy_id = channels.strategy_id
    and decisions.channel = channels.channel
inner join activation.act_channels as channel_rules on decisions.channel = channel_rules.channel
where decisions.night_date = %(night)s and decisions.outcome = 'listed'
