with

account_parties as (

    select * from {{ ref('stg_landing__account_parties') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

ranked as (

    select
        account_id,
        party_id,
        valid_from,
        row_number() over (
            partition by account_id, valid_from
            order by updated_at desc, party_id
        ) as claim_number
    from account_parties
    where role = 'owner'

),

-- one owner at a time: the next owner's first day ends the previous one; the first owner also
-- answers for what is dated before
owners as (

    select
        account_id,
        party_id,
        case
            when lag(valid_from) over (partition by account_id order by valid_from) is null
                then {{ first_day() }}
            else valid_from
        end as valid_from,
        coalesce(
            {{ add_days('lead(valid_from) over (partition by account_id order by valid_from)', -1) }},
            {{ last_day() }}
        ) as valid_to
    from ranked
    where claim_number = 1

),

-- an owner that is another customer from some night on is another owner from then on
final as (

    select
        owners.account_id,
        owners.party_id,
        parties.customer_id,
        greatest(owners.valid_from, parties.valid_from) as valid_from,
        least(owners.valid_to, parties.valid_to) as valid_to
    from owners
    left join parties
        on owners.party_id = parties.party_id
        and owners.valid_from <= parties.valid_to
        and owners.valid_to >= parties.valid_from

)

select * from final
