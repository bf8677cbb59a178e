select
    erased.party_id,
    erased.erased_date
from {{ source('vault', 'erased_parties') }} as erased
