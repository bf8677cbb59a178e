{{ config(indexes=[{'columns': ['customer_id', 'visit_date']}]) }}

with

branch_visits as (

    select * from {{ ref('stg_landing__branch_visits') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

final as (

    select
        branch_visits.visit_id,
        branch_visits.party_id,
        parties.customer_id,
        branch_visits.branch_id,
        branch_visits.visited_at,
        branch_visits.visit_date,
        branch_visits.purpose
    from branch_visits
    left join parties
        on branch_visits.party_id = parties.party_id
        and branch_visits.visit_date between parties.valid_from and parties.valid_to

)

select * from final
