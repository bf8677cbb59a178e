{{ config(pre_hook="{{ favour_index_lookups() }}") }}

{{ touched_versions(
    ref('stg_landing__app_events_versions'),
    'event_id',
    ['party_id', 'session_id', 'event_at', 'event_date', 'event_name', 'page', 'product_id',
    'source_campaign_id', 'channel'],
) }}
