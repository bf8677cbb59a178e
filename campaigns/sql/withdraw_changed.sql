-- Rows that were published for a customer who gained or lost a party since: the consents, suppressions
-- and contacts behind them are not the ones that were checked.
with

living_rows as (

    select *
    from publication.list_rows
    where as_of_date < %(night)s and as_of_date > %(night)s - 400 and expires_date > %(night)s

),

current_customers as (

    select distinct customer_id
    from activation.act_parties
    where %(night)s between valid_from and valid_to

),

causes as (

    select
        rows.list_row_id,
        case when current_customers.customer_id is null then 'merged' else 'identity_changed' end
            as reason,
        rows.night_date,
        rows.channel,
        rows.branch_id
    from living_rows as rows
    left join current_customers on rows.customer_id = current_customers.customer_id
    where exists (
        select from activation.act_parties as parties
        where parties.customer_id = rows.customer_id
            and (
                parties.valid_from > rows.night_date
                or (parties.valid_to >= rows.night_date and parties.valid_to < %(night)s)
            )
    )

)

insert into publication.withdrawals (
    list_row_id, reason, withdrawn_date, night_date, channel, branch_id
)
select list_row_id, reason, %(night)s, night_date, channel, branch_id
from causes
on conflict (list_row_id, reason) do nothing
