with

responses as (

    select * from {{ ref('stg_landing__responses') }}

),

contacts as (

    select * from {{ ref('fct_contacts') }}

),

final as (

    select
        responses.response_id,
        responses.contact_id,
        contacts.party_id,
        contacts.customer_id,
        contacts.channel,
        contacts.campaign_id,
        contacts.list_row_id,
        responses.responded_at,
        responses.responded_date,
        responses.response
    from responses
    left join contacts on responses.contact_id = contacts.contact_id

)

select * from final
