select versions.*
from {{ ref('stg_landing__transactions_versions') }} as versions
where {{ is_latest_version('versions', source('raw', 'transactions'), ['transaction_id']) }}
