-- Contacts of the last 100 days, longer than any cap's window and any open list row. They count for
-- the customer that the party is tonight: a merge gives nobody a second allowance.
with

contacts as (

    select *
    from {{ ref('fct_contacts') }}
    where contacted_date <= {{ night_date() }}
        and contacted_date > {{ add_days(night_date(), -100) }}

),

parties as (

    select * from {{ ref('dim_party_customers') }}
    where {{ night_date() }} between valid_from and valid_to

),

final as (

    select
        contacts.contact_id,
        contacts.list_row_id,
        parties.customer_id,
        contacts.channel,
        contacts.campaign_id,
        contacts.contacted_date,
        contacts.delivery_status,
        contacts.disposition,
        contacts.delivery_status <> 'failed' as is_made,
        contacts.disposition in ('interested', 'not_interested', 'refused', 'wrong_person') as is_answer
    from contacts
    inner join parties on contacts.party_id = parties.party_id

)

select * from final
