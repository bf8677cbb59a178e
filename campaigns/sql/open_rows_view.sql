-- The reading rule of lists, in one place (domain, section 7). now_date is the business date of
-- the current night; with the wall clock the later of that and today at the bank.
create or replace view publication.open_rows as
with

clock as (

    select
        case
            when reading_rules.clock = 'wall'
                then greatest(
                    current_night.night_date,
                    cast(now() at time zone current_night.time_zone as date)
                )
            else current_night.night_date
        end as now_date
    from ops.current_night as current_night
    cross join publication.reading_rules as reading_rules

),

readable_until as (

    select publication_state.valid_through
    from ops.publication_state as publication_state
    cross join clock
    where publication_state.lists = 'open' and clock.now_date <= publication_state.valid_through

)

select list_rows.*
from publication.list_rows as list_rows
cross join clock
cross join readable_until
where clock.now_date <= list_rows.expires_date
    and not exists (
        select from publication.withdrawals as withdrawals
        where withdrawals.list_row_id = list_rows.list_row_id
    )
    and not exists (
        select from publication.held_campaigns as held_campaigns
        where held_campaigns.night_date = list_rows.night_date
            and held_campaigns.strategy_id = list_rows.strategy_id
            and held_campaigns.status = 'held'
    );

create or replace view publication.withdrawn_rows as
select list_row_id, reason, withdrawn_date, night_date, channel, branch_id
from publication.withdrawals;
