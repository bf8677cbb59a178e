select versions.*
from {{ ref('stg_landing__leads_versions') }} as versions
where {{ is_latest_version('versions', source('raw', 'leads'), ['lead_id']) }}
