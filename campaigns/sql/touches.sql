-- Contacts made and rows in flight, control units' ghost rows included; service is exempt.
-- A row in flight may be contacted from tomorrow on: it is dated tomorrow.
create temporary table touches on commit drop as
with

made as (

    select
        contacts.customer_id,
        contacts.channel,
        campaigns.purpose,
        contacts.contacted_date as touch_date
    from activation.act_contacts as contacts
    left join activation.campaigns as campaigns on contacts.campaign_id = campaigns.campaign_id
    where contacts.is_made

),

in_flight as (

    select
        published_rows.customer_id,
        published_rows.channel,
        campaigns.purpose,
        %(night)s + 1 as touch_date
    from published_rows
    left join activation.campaigns as campaigns
        on published_rows.campaign_id = campaigns.campaign_id
    where published_rows.expires_date >= %(night)s
        and not published_rows.is_withdrawn
        and not published_rows.has_disposition

),

ghosts as (

    select
        ghost_rows.customer_id,
        ghost_rows.channel,
        ghost_rows.purpose,
        ghost_rows.contact_date as touch_date
    from activation.ghost_rows as ghost_rows
    inner join activation.units as units
        on ghost_rows.strategy_id = units.strategy_id
        and ghost_rows.cycle = units.cycle
        and ghost_rows.customer_id = units.customer_id
    where ghost_rows.planned_date < %(night)s
        and ghost_rows.planned_date > %(night)s - 100
        and (units.closed_date is null or ghost_rows.planned_date < units.closed_date)

),

all_touches as (

    select * from made
    union all
    select * from in_flight
    union all
    select * from ghosts

)

select * from all_touches where purpose is distinct from 'service'
