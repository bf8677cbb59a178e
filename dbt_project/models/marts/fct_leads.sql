with

leads as (

    select * from {{ ref('stg_landing__leads') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

final as (

    select
        leads.lead_id,
        leads.party_id,
        parties.customer_id,
        leads.product_id,
        leads.from_role,
        leads.to_role,
        leads.handed_at,
        leads.handed_date,
        leads.accepted_at,
        leads.accepted_date,
        leads.outcome
    from leads
    left join parties
        on leads.party_id = parties.party_id
        and leads.handed_date between parties.valid_from and parties.valid_to

)

select * from final
