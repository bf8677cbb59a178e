-- First form: per customer the best decision by (priority, value, strategy id), k = 1, no
-- capacities. Control candidates compete by the same rule, so that both arms lose alike.
with

options as (

    select * from activation.options where night_date = %(night)s

),

furthest as (

    select distinct on (strategy_id, customer_id) *
    from options
    order by
        strategy_id, customer_id,
        failed_check desc nulls first,
        case when failed_check is null then value_amount end desc nulls last,
        channel_rank

),

ranked as (

    select
        strategy_id,
        customer_id,
        row_number() over (
            partition by customer_id order by priority, value_amount desc, strategy_id
        ) as position,
        first_value(strategy_id) over (
            partition by customer_id order by priority, value_amount desc, strategy_id
        ) as winner_id
    from furthest
    where failed_check is null and value_amount >= 0

),

judged as (

    select
        furthest.*,
        case
            when furthest.failed_check = 0 then 'in_cycle'
            when furthest.failed_check = %(universal_check)s then 'universal_control'
            when furthest.failed_check is not null then 'excluded'
            when ranked.position = 1 then furthest.arm
            else 'excluded'
        end as outcome,
        case
            when furthest.failed_check is not null then reasons.reason
            when ranked.position is null then 'allocation: negative value'
            when ranked.position > 1 then 'allocation: lost_to(' || ranked.winner_id || ')'
            else 'chosen'
        end as reason,
        case when ranked.position > 1 then ranked.winner_id end as lost_to_strategy_id
    from furthest
    left join ranked
        on furthest.strategy_id = ranked.strategy_id
        and furthest.customer_id = ranked.customer_id
    left join activation.reasons as reasons
        on (furthest.failed_mask & -furthest.failed_mask) = reasons.failed_mask

)

insert into activation.decisions (
    night_date, run_key, strategy_id, customer_id, cycle, campaign_id, wave, attempt, is_first,
    arm, channel, outcome, reason, lost_to_strategy_id, product_id, benefit_code, purpose,
    control_share, priority, value_amount, rule_version, night_id
)
select
    judged.night_date,
    'night',
    judged.strategy_id,
    judged.customer_id,
    judged.cycle,
    judged.strategy_id || ':' || judged.cycle,
    judged.wave,
    judged.attempt,
    judged.is_first,
    judged.arm,
    judged.channel,
    judged.outcome,
    judged.reason,
    judged.lost_to_strategy_id,
    judged.product_id,
    judged.benefit_code,
    judged.purpose,
    judged.control_share,
    judged.priority,
    judged.value_amount,
    strategies.rule_version,
    (select night_id from ops.current_night)
from judged
inner join activation.tonight_strategies as strategies
    on judged.strategy_id = strategies.strategy_id
