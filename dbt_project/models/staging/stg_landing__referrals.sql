select
    versions.referral_id,
    versions.referrer_party_id,
    versions.referee_party_id,
    versions.device_id_token,
    versions.referred_at,
    {{ business_date('versions.referred_at') }} as referred_date,
    versions.campaign_id,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'referrals') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'referrals'), ['referral_id']) }}
