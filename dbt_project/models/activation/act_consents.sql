-- Fail closed: a revocation by any party of the customer counts, one announced for later too.
with

consents as (

    select
        customer_id,
        purpose,
        channel,
        status = 'granted'
        and revoked_at is null
        and valid_from < {{ end_of_business_date(night_date()) }} as is_granted,
        status = 'revoked' or revoked_at is not null as is_revoked
    from {{ ref('dim_customer_consents') }}

),

final as (

    select
        customer_id,
        purpose,
        channel,
        max(case when is_granted then 1 else 0 end) = 1 as is_granted,
        max(case when is_revoked then 1 else 0 end) = 1 as is_revoked
    from consents
    group by customer_id, purpose, channel

)

select * from final
