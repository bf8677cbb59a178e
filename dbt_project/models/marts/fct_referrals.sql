with

referrals as (

    select * from {{ ref('stg_landing__referrals') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

final as (

    select
        referrals.referral_id,
        referrals.referrer_party_id,
        referrers.customer_id as referrer_customer_id,
        referrals.referee_party_id,
        referees.customer_id as referee_customer_id,
        referrals.device_id_token,
        referrals.referred_at,
        referrals.referred_date,
        referrals.campaign_id
    from referrals
    left join parties as referrers
        on referrals.referrer_party_id = referrers.party_id
        and referrals.referred_date between referrers.valid_from and referrers.valid_to
    left join parties as referees
        on referrals.referee_party_id = referees.party_id
        and referrals.referred_date between referees.valid_from and referees.valid_to

)

select * from final
