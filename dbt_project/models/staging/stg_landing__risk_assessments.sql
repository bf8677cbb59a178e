select
    versions.assessment_id,
    versions.party_id,
    versions.risk_level,
    versions.assessed_at,
    {{ business_date('versions.assessed_at') }} as assessed_date,
    versions.valid_until,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'risk_assessments') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'risk_assessments'), ['assessment_id']) }}
