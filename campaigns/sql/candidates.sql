-- One row per customer in an audience, with the wave, arm and cycle that tonight is about.
create temporary table candidates on commit drop as
with

placed as (

    select
        audience.strategy_id,
        audience.customer_id,
        coalesce(states.state, 'free') as state,
        coalesce(states.cycle, 1) as cycle,
        case when states.customer_id is null then 1 else states.wave end as wave,
        case when states.customer_id is null then 1 else states.attempt end as attempt,
        coalesce(states.state, 'free') = 'free' as is_first,
        case when states.state in ('open', 'cooling') then states.arm end as sticky_arm,
        coalesce(states.forced_channel, first_waves.channel) as forced_channel,
        states.last_wave_night
    from audience
    left join unit_states as states
        on audience.strategy_id = states.strategy_id
        and audience.customer_id = states.customer_id
    left join activation.tonight_waves as first_waves
        on audience.strategy_id = first_waves.strategy_id
        and first_waves.wave = 1
        and coalesce(states.state, 'free') = 'free'

)

select
    placed.*,
    coalesce(overrides.product_id, terms.product_id) as product_id,
    coalesce(overrides.benefit_code, terms.benefit_code) as benefit_code,
    coalesce(overrides.benefit_cost_amount, terms.benefit_cost_amount) as benefit_cost_amount,
    coalesce(overrides.control_share, terms.control_share) as control_share,
    coalesce(
        placed.sticky_arm,
        case
            when ('x' || substr(md5(
                %(salt)s || '|' || placed.strategy_id || '|' || placed.cycle || '|'
                || placed.customer_id
            ), 1, 8))::bit(32)::bigint
                < floor(coalesce(overrides.control_share, terms.control_share) * 4294967296)
                then 'control'
            else 'listed'
        end
    ) as arm
from placed
inner join activation.tonight_terms as terms
    on placed.strategy_id = terms.strategy_id and terms.branch_id = '*'
left join activation.act_customers as customers on placed.customer_id = customers.customer_id
left join activation.tonight_terms as overrides
    on placed.strategy_id = overrides.strategy_id
    and customers.branch_id = overrides.branch_id
