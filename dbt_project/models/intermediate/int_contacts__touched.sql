{{ config(pre_hook="{{ favour_index_lookups() }}") }}

{{ touched_versions(
    ref('stg_landing__contacts_versions'),
    'contact_id',
    ['party_id', 'list_row_id', 'channel', 'campaign_id', 'contacted_at', 'contacted_date',
    'delivery_status', 'disposition', 'agent_id', 'cost_amount', 'currency_code', 'script_id',
    'arrived_date'],
) }}
