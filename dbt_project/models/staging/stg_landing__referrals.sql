select
    versions.referral_id,
    versions.referrer_party_id,
    versions.referee_party_id,
    {{ unless_erased('versions.device_id_token') }} as device_id_token,
    versions.referred_at,
    {{ business_date('versions.referred_at') }} as referred_date,
    versions.campaign_id,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'referrals') }} as versions
{{ join_erased_parties('versions.referrer_party_id') }}
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'referrals'), ['referral_id']) }}
