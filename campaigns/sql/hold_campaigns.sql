-- An audience that jumped against the last published night waits for approval. Below 100
-- customers a jump is chance.
with

previous as (

    select distinct on (sizes.strategy_id) sizes.strategy_id, sizes.audience_count
    from activation.audience_sizes as sizes
    inner join ops.publications as pointers
        on pointers.table_name = 'publication.list_rows'
        and pointers.status = 'in_force'
        and sizes.night_date = pointers.as_of_date
    where sizes.night_date < %(night)s
    order by sizes.strategy_id, sizes.night_date desc

),

changes as (

    select
        sizes.strategy_id,
        sizes.audience_count,
        previous.audience_count as previous_count,
        strategies.max_audience_change as allowed_change
    from activation.audience_sizes as sizes
    inner join previous on sizes.strategy_id = previous.strategy_id
    inner join activation.tonight_strategies as strategies
        on sizes.strategy_id = strategies.strategy_id
    where sizes.night_date = %(night)s

)

insert into publication.held_campaigns (
    night_date, strategy_id, status, audience_count, previous_count, allowed_change
)
select %(night)s, strategy_id, 'held', audience_count, previous_count, allowed_change
from changes
where greatest(audience_count, previous_count) >= 100
    and abs(audience_count - previous_count) > allowed_change * previous_count
