select versions.*
from {{ ref('stg_landing__contacts_versions') }} as versions
where {{ is_latest_version('versions', source('raw', 'contacts'), ['contact_id']) }}
