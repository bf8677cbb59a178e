-- Which caps leave no room for one more contact: the last n days up to the night, and what is in flight.
create temporary table cap_hits on commit drop as
with

counted as (

    select
        touches.customer_id,
        caps.scope,
        caps.scope_value,
        caps.window_days,
        caps.max_contacts,
        count(*) as contact_count
    from touches
    inner join activation.act_contact_caps as caps
        on touches.touch_date > %(night)s - caps.window_days
        and (
            caps.scope = 'total'
            or (caps.scope = 'channel' and caps.scope_value = touches.channel)
            or (caps.scope = 'purpose' and caps.scope_value = touches.purpose)
        )
    group by
        touches.customer_id, caps.scope, caps.scope_value, caps.window_days, caps.max_contacts

)

select distinct customer_id, scope, scope_value
from counted
where contact_count >= max_contacts
