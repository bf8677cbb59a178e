select
    versions.capacity_date,
    versions.channel,
    versions.branch_id,
    versions.relationship_manager_id,
    versions.seats,
    versions.updated_at,
    versions.arrived_date,
    versions.enters_date
from {{ source('raw', 'channel_capacities') }} as versions
where {{ has_entered('versions') }}
    and {{ is_latest_version(
        'versions',
        source('raw', 'channel_capacities'),
        ['capacity_date', 'channel', 'branch_id', 'relationship_manager_id']
    ) }}
