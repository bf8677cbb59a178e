-- Fail closed: whatever is not a grant in force is none, and a revocation announced for later counts.
with

consents as (

    select * from {{ ref('dim_customer_consents') }}

),

final as (

    select
        customer_id,
        purpose,
        channel,
        status = 'granted'
        and revoked_at is null
        and valid_from < {{ end_of_business_date(night_date()) }} as is_granted,
        status = 'revoked' or revoked_at is not null as is_revoked
    from consents

)

select * from final
