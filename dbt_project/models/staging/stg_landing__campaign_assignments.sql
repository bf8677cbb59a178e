select versions.*
from {{ ref('stg_landing__campaign_assignments_versions') }} as versions
where {{ is_latest_version('versions', source('raw', 'campaign_assignments'), ['assignment_id']) }}
