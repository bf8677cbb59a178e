with

partner_events as (

    select * from {{ ref('stg_landing__partner_events') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

final as (

    select
        partner_events.partner_event_id,
        partner_events.party_id,
        parties.customer_id,
        partner_events.partner,
        partner_events.event_name,
        partner_events.event_at,
        partner_events.event_date,
        partner_events.consent_purpose
    from partner_events
    left join parties
        on partner_events.party_id = parties.party_id
        and partner_events.event_date between parties.valid_from and parties.valid_to

)

select * from final
