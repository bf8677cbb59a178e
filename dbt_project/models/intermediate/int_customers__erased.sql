with

identities as (

    select * from {{ ref('int_identity__parties') }}
    where {{ night_date() }} between valid_from and valid_to

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
