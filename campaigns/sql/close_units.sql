-- A unit closes on the earliest of its conversion, its opt-out or complaint, its last wave's expiry;
-- and when its customer is merged into another, whose own units go on.
with

open_units as (

    select * from activation.units where closed_date is null

),

converted as (

    select
        units.strategy_id, units.cycle, units.customer_id,
        conversions.converted_date as closed_date, 'conversion' as closed_reason, 1 as precedence
    from open_units as units
    inner join activation.act_conversions as conversions
        on units.customer_id = conversions.customer_id
        and units.closing_goal = conversions.goal_type
        and (units.product_id is null or units.product_id = conversions.product_id)
        and conversions.converted_date > units.opened_date

),

refused as (

    select
        units.strategy_id, units.cycle, units.customer_id,
        greatest(entries.valid_from, units.opened_date) as closed_date,
        entries.reason as closed_reason, 2 as precedence
    from open_units as units
    inner join activation.act_suppressions as entries
        on units.customer_id = entries.customer_id
        and entries.reason in ('opt_out', 'complaint', 'deceased')
        and entries.valid_from <= %(night)s
        and (
            entries.scope = 'all'
            or (entries.scope = 'channel' and entries.scope_value = units.channel)
            or (
                entries.scope = 'topic'
                and entries.scope_value in (units.purpose, units.product_id, units.strategy_id)
            )
        )

),

deceased as (

    select
        units.strategy_id, units.cycle, units.customer_id,
        %(night)s as closed_date, 'deceased' as closed_reason, 3 as precedence
    from open_units as units
    inner join activation.act_customers as customers on units.customer_id = customers.customer_id
    where customers.is_deceased

),

merged as (

    select
        units.strategy_id, units.cycle, units.customer_id,
        %(night)s as closed_date, 'merged' as closed_reason, 3 as precedence
    from open_units as units
    left join activation.act_customers as customers on units.customer_id = customers.customer_id
    where customers.customer_id is null

),

ends as (

    select
        units.strategy_id, units.cycle, units.customer_id,
        case
            when last_rows.customer_id is null then units.planned_end_date
            when last_rows.wave < units.wave_count
                then greatest(units.planned_end_date, last_rows.expires_date)
            when last_rows.is_contacted
                or last_rows.is_withdrawn
                or last_rows.attempt >= units.max_attempts
                then last_rows.expires_date
            else greatest(units.horizon_date, last_rows.expires_date)
        end as closed_date
    from open_units as units
    left join last_rows
        on units.strategy_id = last_rows.strategy_id
        and units.cycle = last_rows.cycle
        and units.customer_id = last_rows.customer_id

),

finished as (

    select *, 'last_wave' as closed_reason, 4 as precedence
    from ends
    where closed_date < %(night)s

),

causes as (

    select * from converted
    union all
    select * from refused
    union all
    select * from deceased
    union all
    select * from merged
    union all
    select * from finished

),

first_causes as (

    select distinct on (strategy_id, cycle, customer_id) *
    from causes
    order by strategy_id, cycle, customer_id, closed_date, precedence, closed_reason

)

update activation.units as units
set
    closed_date = first_causes.closed_date,
    closed_reason = first_causes.closed_reason,
    closed_night = %(night)s
from first_causes
where units.strategy_id = first_causes.strategy_id
    and units.cycle = first_causes.cycle
    and units.customer_id = first_causes.customer_id
