select versions.*
from {{ ref('stg_landing__accounts_versions') }} as versions
where {{ is_latest_version('versions', source('raw', 'accounts'), ['account_id']) }}
