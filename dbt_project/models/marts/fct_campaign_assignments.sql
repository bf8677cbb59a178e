with

campaign_assignments as (

    select * from {{ ref('stg_landing__campaign_assignments') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

final as (

    select
        campaign_assignments.assignment_id,
        campaign_assignments.campaign_id,
        campaign_assignments.campaign_type,
        campaign_assignments.party_id,
        parties.customer_id,
        campaign_assignments.product_id,
        campaign_assignments.channel,
        campaign_assignments.arm,
        campaign_assignments.assignment_probability,
        campaign_assignments.assigned_date
    from campaign_assignments
    left join parties
        on campaign_assignments.party_id = parties.party_id
        and campaign_assignments.assigned_date between parties.valid_from and parties.valid_to

)

select * from final
