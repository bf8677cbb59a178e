select versions.*
from {{ ref('stg_landing__branch_visits_versions') }} as versions
where {{ is_latest_version('versions', source('raw', 'branch_visits'), ['visit_id']) }}
