{{ config(indexes=[{'columns': ['customer_id']}]) }}

with

account_parties as (

    select * from {{ ref('stg_landing__account_parties') }}
    where role = 'authorised'

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

final as (

    select distinct
        parties.customer_id,
        greatest(parties.valid_from, account_parties.valid_from) as valid_from,
        parties.valid_to
    from account_parties
    inner join parties
        on account_parties.party_id = parties.party_id
        and account_parties.valid_from <= parties.valid_to

)

select * from final
