select versions.*
from {{ ref('stg_landing__account_parties_versions') }} as versions
where {{ is_latest_version('versions', source('raw', 'account_parties'), ['account_id', 'party_id']) }}
