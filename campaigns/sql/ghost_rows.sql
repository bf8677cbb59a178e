-- A control unit takes caps, quiet days and wave gaps as if all its waves were published and
-- contacted the day after.
insert into activation.ghost_rows (
    strategy_id, cycle, customer_id, wave, opened_date, planned_date, contact_date, expires_date,
    channel, purpose
)
select
    units.strategy_id,
    units.cycle,
    units.customer_id,
    waves.wave,
    units.opened_date,
    units.opened_date + waves.planned_day,
    units.opened_date + waves.planned_day + 1,
    units.opened_date + waves.planned_day + channels.validity_days,
    channels.channel,
    units.purpose
from activation.units as units
inner join activation.tonight_waves as waves on units.strategy_id = waves.strategy_id
inner join activation.act_channels as channels
    on channels.channel = coalesce(waves.channel, units.channel)
where units.opened_date = %(night)s and units.arm = 'control'
