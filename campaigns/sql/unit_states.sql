-- Where each customer stands with each strategy of tonight: free, cooling, open, or due.
create temporary table unit_states on commit drop as
with

latest as (

    select distinct on (units.strategy_id, units.customer_id)
        units.*,
        case
            when units.closed_date is null then 'open'
            when %(night)s <= units.closed_date + units.cool_down_days then 'cooling'
            else 'free'
        end as state
    from activation.units as units
    inner join activation.tonight_strategies as strategies
        on units.strategy_id = strategies.strategy_id
    order by units.strategy_id, units.customer_id, units.cycle desc

),

answered as (

    select campaign_id, customer_id from activation.act_responses
    union
    select campaign_id, customer_id from activation.act_contacts where is_answer

),

progress as (

    select
        latest.*,
        last_rows.wave as last_wave,
        last_rows.attempt as last_attempt,
        last_rows.channel as last_channel,
        last_rows.night_date as last_night,
        last_rows.expires_date < %(night)s or last_rows.is_withdrawn as is_last_row_done,
        last_rows.expires_date < %(night)s
        and not last_rows.is_withdrawn
        and not last_rows.is_contacted
        and last_rows.attempt < latest.max_attempts as is_relistable,
        answered.customer_id is not null as has_answered
    from latest
    left join last_rows
        on latest.strategy_id = last_rows.strategy_id
        and latest.cycle = last_rows.cycle
        and latest.customer_id = last_rows.customer_id
    left join answered
        on latest.campaign_id = answered.campaign_id
        and latest.customer_id = answered.customer_id

),

due_waves as (

    select distinct on (progress.strategy_id, progress.customer_id)
        progress.strategy_id,
        progress.customer_id,
        waves.wave,
        waves.channel
    from progress
    inner join activation.tonight_waves as waves
        on progress.strategy_id = waves.strategy_id
        and waves.wave > progress.last_wave
    inner join activation.act_channels as channels
        on channels.channel = coalesce(waves.channel, progress.channel)
    where progress.state = 'open'
        and progress.arm = 'listed'
        and progress.is_last_row_done
        and %(night)s between progress.opened_date + waves.planned_day
        and progress.opened_date + waves.planned_day + channels.validity_days
        and (waves.condition = 'always' or not progress.has_answered)
    order by progress.strategy_id, progress.customer_id, waves.wave desc

),

due_ghosts as (

    select
        ghosts.strategy_id,
        ghosts.cycle,
        ghosts.customer_id,
        ghosts.wave,
        ghosts.channel
    from activation.ghost_rows as ghosts
    where ghosts.planned_date = %(night)s and ghosts.wave > 1

),

final as (

    select
        progress.strategy_id,
        progress.customer_id,
        progress.state,
        progress.arm,
        case when progress.state = 'free' then progress.cycle + 1 else progress.cycle end as cycle,
        case
            when progress.state = 'free' then 1
            when progress.state = 'cooling' then null
            else coalesce(
                due_waves.wave,
                due_ghosts.wave,
                case when progress.is_relistable then progress.last_wave end
            )
        end as wave,
        case
            when progress.state = 'free' or due_waves.wave is not null then 1
            when due_ghosts.wave is not null then 1
            when progress.state = 'open' and progress.is_relistable then progress.last_attempt + 1
        end as attempt,
        case
            when progress.state <> 'open' then null
            when due_waves.wave is not null then due_waves.channel
            when due_ghosts.wave is not null then due_ghosts.channel
            when progress.is_relistable then progress.last_channel
        end as forced_channel,
        case
            when due_waves.wave is not null then progress.last_night
        end as last_wave_night
    from progress
    left join due_waves
        on progress.strategy_id = due_waves.strategy_id
        and progress.customer_id = due_waves.customer_id
    left join due_ghosts
        on progress.strategy_id = due_ghosts.strategy_id
        and progress.cycle = due_ghosts.cycle
        and progress.customer_id = due_ghosts.customer_id
        and progress.state = 'open'

)

select * from final
