with

contacts as (

    select * from {{ ref('stg_landing__contacts') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

final as (

    select
        contacts.contact_id,
        contacts.list_row_id,
        contacts.party_id,
        parties.customer_id,
        contacts.channel,
        contacts.campaign_id,
        contacts.contacted_at,
        contacts.contacted_date,
        contacts.delivery_status,
        contacts.disposition,
        contacts.agent_id,
        contacts.cost_amount,
        contacts.currency_code,
        contacts.script_id,
        contacts.arrived_date
    from contacts
    left join parties
        on contacts.party_id = parties.party_id
        and contacts.contacted_date between parties.valid_from and parties.valid_to

)

select * from final
