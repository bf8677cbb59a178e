with

parties as (

    select * from {{ ref('int_identity__parties') }}

),

spans as (

    select * from {{ ref('int_customers__spans') }}
    where {{ night_date() }} between used_from and used_to

),

-- a key in use is its parties of tonight; one that is not is all the parties that it ever had
identities as (

    select parties.customer_id, parties.party_id
    from parties
    left join spans on parties.customer_id = spans.customer_id
    where spans.customer_id is null or {{ night_date() }} between parties.valid_from and parties.valid_to

),

erased as (

    select * from {{ ref('stg_vault__erased_parties') }}

),

final as (

    select identities.customer_id, max(erased.erased_date) as erased_date
    from identities
    left join erased on identities.party_id = erased.party_id
    group by identities.customer_id
    having count(distinct identities.party_id) = count(distinct erased.party_id)

)

select * from final
