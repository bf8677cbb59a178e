select
    versions.survey_id,
    versions.party_id,
    versions.kind,
    versions.score,
    versions.campaign_id,
    versions.answered_at,
    {{ business_date('versions.answered_at') }} as answered_date,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'surveys') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'surveys'), ['survey_id']) }}
