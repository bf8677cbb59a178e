{{ config(pre_hook="{{ raw_key_index('account_parties', ['account_id', 'party_id']) }}") }}

select
    versions.account_id,
    versions.party_id,
    versions.role,
    versions.valid_from,
    versions.valid_to,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'account_parties') }} as versions
where {{ has_entered('versions') }}
