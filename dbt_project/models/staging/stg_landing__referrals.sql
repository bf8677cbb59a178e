with

versions as (

    select versions.*
    from {{ source('raw', 'referrals') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'referrals'), ['referral_id']) }}

),

final as (

    select
        referral_id,
        referrer_party_id,
        referee_party_id,
        device_id_token,
        referred_at,
        {{ business_date('referred_at') }} as referred_date,
        campaign_id,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
