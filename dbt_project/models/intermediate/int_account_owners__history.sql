with

account_parties as (

    select * from {{ ref('stg_landing__account_parties') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

owners as (

    select
        account_parties.account_id,
        account_parties.party_id,
        parties.customer_id,
        account_parties.valid_from,
        row_number() over (
            partition by account_parties.account_id, account_parties.valid_from
            order by account_parties.updated_at desc, account_parties.party_id
        ) as claim_number
    from account_parties
    left join parties on account_parties.party_id = parties.party_id
    where account_parties.role = 'owner'

),

-- one owner at a time: the next owner's first day ends the previous one; the first owner also
-- answers for what is dated before
final as (

    select
        account_id,
        party_id,
        customer_id,
        case
            when lag(valid_from) over (partition by account_id order by valid_from) is null
                then {{ first_day() }}
            else valid_from
        end as valid_from,
        coalesce(
            {{ add_days('lead(valid_from) over (partition by account_id order by valid_from)', -1) }},
            {{ last_day() }}
        ) as valid_to
    from owners
    where claim_number = 1

)

select * from final
