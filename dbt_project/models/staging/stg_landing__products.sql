select versions.*
from {{ ref('stg_landing__products_versions') }} as versions
where {{ is_latest_version('versions', source('raw', 'products'), ['product_id']) }}
