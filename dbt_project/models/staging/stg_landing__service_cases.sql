select
    versions.case_id,
    versions.party_id,
    versions.kind,
    {{ unless_erased('versions.severity') }} as severity,
    versions.opened_at,
    {{ business_date('versions.opened_at') }} as opened_date,
    versions.closed_at,
    {{ business_date('versions.closed_at') }} as closed_date,
    {{ unless_erased('versions.satisfaction') }} as satisfaction,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'service_cases') }} as versions
{{ join_erased_parties('versions.party_id') }}
where {{ has_entered('versions') }}
    and {{ is_latest_version('versions', source('raw', 'service_cases'), ['case_id']) }}
