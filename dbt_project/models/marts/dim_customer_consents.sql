with

consents as (

    select * from {{ ref('stg_landing__consents') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}
    where {{ night_date() }} between valid_from and valid_to

),

-- a customer with several parties: what was said last counts, and of equals the revocation
ranked as (

    select
        parties.customer_id,
        consents.purpose,
        consents.channel,
        consents.status,
        consents.valid_from,
        consents.revoked_at,
        row_number() over (
            partition by parties.customer_id, consents.purpose, consents.channel
            order by consents.updated_at desc, consents.status desc, consents.valid_from desc, consents.party_id
        ) as consent_rank
    from consents
    inner join parties on consents.party_id = parties.party_id

),

final as (

    select
        customer_id,
        purpose,
        channel,
        status,
        valid_from,
        revoked_at
    from ranked
    where consent_rank = 1

)

select * from final
