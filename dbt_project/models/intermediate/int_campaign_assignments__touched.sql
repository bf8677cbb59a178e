{{ config(pre_hook="{{ favour_index_lookups() }}") }}

{{ touched_versions(
    ref('stg_landing__campaign_assignments_versions'),
    'assignment_id',
    ['party_id', 'campaign_id', 'campaign_type', 'product_id', 'channel', 'arm',
    'assignment_probability', 'assigned_date'],
) }}
