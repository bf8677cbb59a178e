-- Rows of earlier nights in force, with what has happened to them since.
create temporary table published_rows on commit drop as
with

in_force as (

    select *
    from publication.list_rows
    where as_of_date < %(night)s and as_of_date > %(night)s - 400

),

touched as (

    select
        list_row_id,
        bool_or(disposition is not null) as has_disposition
    from activation.act_contacts
    where list_row_id is not null
    group by list_row_id

),

withdrawn as (

    select distinct list_row_id
    from publication.withdrawals
    where withdrawn_date <= %(night)s

)

select
    in_force.list_row_id,
    in_force.campaign_id,
    in_force.strategy_id,
    in_force.cycle,
    in_force.customer_id,
    in_force.night_date,
    in_force.wave,
    in_force.attempt,
    in_force.channel,
    in_force.expires_date,
    touched.list_row_id is not null as is_contacted,
    coalesce(touched.has_disposition, false) as has_disposition,
    withdrawn.list_row_id is not null as is_withdrawn
from in_force
left join touched on in_force.list_row_id = touched.list_row_id
left join withdrawn on in_force.list_row_id = withdrawn.list_row_id
