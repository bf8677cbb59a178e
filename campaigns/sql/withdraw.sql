-- Withdrawals of the night against every published row that is not over. Causes are the newest
-- versions of what arrived, so that an old version delivered late withdraws nothing.
with

aliases as (

    select party_id, customer_id
    from publication.party_customers_current
    where valid_to >= %(night)s

),

-- also the customers that a party was while their rows were published
dated_aliases as (

    select * from publication.party_customers_current

),

living_rows as (

    select *
    from publication.list_rows
    where expires_date >= %(night)s and as_of_date > %(night)s - 400

),

purposes as (

    select campaign_id, purpose from activation.campaigns

),

deceased as (

    select distinct on (party_id) party_id, is_deceased
    from raw.customers
    where party_id in (
        select party_id from raw.customers where arrived_date = %(night)s
    ) and enters_date <= %(night)s
    order by party_id, updated_at desc, arrived_date desc

),

consents as (

    select distinct on (aliases.customer_id, versions.purpose, versions.channel)
        aliases.customer_id,
        versions.purpose,
        versions.channel,
        versions.status = 'revoked' or versions.revoked_at is not null as is_revoked
    from raw.consents as versions
    inner join aliases on versions.party_id = aliases.party_id
    where versions.enters_date <= %(night)s
        and aliases.customer_id in (
            select known.customer_id
            from raw.consents as delivered
            inner join aliases as known on delivered.party_id = known.party_id
            where delivered.arrived_date = %(night)s
        )
    order by
        aliases.customer_id, versions.purpose, versions.channel,
        versions.updated_at desc, versions.status desc, versions.valid_from desc

),

suppressions as (

    select distinct on (suppression_id) *
    from raw.suppressions
    where suppression_id in (
        select suppression_id from raw.suppressions where arrived_date = %(night)s
    ) and enters_date <= %(night)s
    order by suppression_id, updated_at desc, arrived_date desc

),

contacts as (

    select distinct on (contact_id) *
    from raw.contacts
    where contact_id in (
        select contact_id from raw.contacts where arrived_date = %(night)s
    ) and enters_date <= %(night)s and arrived_date > %(night)s - 100
    order by contact_id, updated_at desc, arrived_date desc

),

responses as (

    select distinct on (response_id) *
    from raw.responses
    where response_id in (
        select response_id from raw.responses where arrived_date = %(night)s
    ) and enters_date <= %(night)s
    order by response_id, updated_at desc, arrived_date desc

),

responding_parties as (

    select distinct responses.response_id, responses.response, known_contacts.party_id,
        cast(responses.responded_at at time zone current_night.time_zone as date) as responded_date
    from responses
    inner join raw.contacts as known_contacts
        on responses.contact_id = known_contacts.contact_id
        and known_contacts.arrived_date > %(night)s - 400
    cross join ops.current_night as current_night
    where responses.response in ('opted_out', 'complained')

),

causes as (

    select rows.list_row_id, 'deceased' as reason
    from deceased
    inner join dated_aliases as aliases on deceased.party_id = aliases.party_id
    inner join living_rows as rows
        on aliases.customer_id = rows.customer_id
        and aliases.valid_to >= rows.night_date
    where deceased.is_deceased

    union

    select rows.list_row_id, 'consent_revoked'
    from consents
    inner join living_rows as rows on consents.customer_id = rows.customer_id
    left join purposes on rows.campaign_id = purposes.campaign_id
    where consents.is_revoked
        and (purposes.purpose is null or consents.purpose = purposes.purpose)
        and consents.channel in ('all', rows.channel)

    union

    select rows.list_row_id, 'suppressed_' || suppressions.reason
    from suppressions
    inner join dated_aliases as aliases on suppressions.party_id = aliases.party_id
    inner join living_rows as rows
        on aliases.customer_id = rows.customer_id
        and aliases.valid_to >= rows.night_date
    left join purposes on rows.campaign_id = purposes.campaign_id
    left join activation.act_products as products on rows.product_id = products.product_id
    where suppressions.valid_from <= rows.expires_date
        and (suppressions.valid_to is null or suppressions.valid_to >= %(night)s)
        and (
            suppressions.scope = 'all'
            or suppressions.scope_value is null
            or (suppressions.scope = 'channel' and suppressions.scope_value = rows.channel)
            or (
                suppressions.scope = 'topic'
                and suppressions.scope_value in (
                    rows.strategy_id, rows.product_id, products.category, purposes.purpose,
                    replace(purposes.purpose, 'marketing_', '')
                )
            )
        )

    union

    select rows.list_row_id, responding_parties.response
    from responding_parties
    inner join activation.act_response_suppressions as rules
        on responding_parties.response = rules.response
    inner join dated_aliases as aliases on responding_parties.party_id = aliases.party_id
    inner join living_rows as rows
        on aliases.customer_id = rows.customer_id
        and aliases.valid_to >= rows.night_date
    where responding_parties.responded_date + rules.days >= %(night)s

    union

    select rows.list_row_id, 'contacted'
    from contacts
    inner join living_rows as rows on contacts.list_row_id = rows.list_row_id
    where contacts.disposition is not null
        or contacts.delivery_status in ('delivered', 'connected')

)

insert into publication.withdrawals (
    list_row_id, reason, withdrawn_date, night_date, channel, branch_id
)
select causes.list_row_id, causes.reason, %(night)s, rows.night_date, rows.channel, rows.branch_id
from causes
inner join living_rows as rows on causes.list_row_id = rows.list_row_id
on conflict (list_row_id, reason) do nothing
