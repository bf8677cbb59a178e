{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'event_date', 'grain': 'month'},
    touched=[
        {'by': 'keys', 'relation': 'int_app_events__touched', 'keys': ['event_id'], 'known': 'may_exist'},
        {'by': 'keys', 'relation': 'int_parties__touched', 'keys': ['party_id']},
    ],
    partition_indexes=[
        {'columns': ['event_id', 'event_date'], 'unique': true},
        {'columns': ['event_date'], 'block_range': true},
        {'columns': ['party_id']},
        {'columns': ['customer_id', 'event_date']},
    ]
) }}

{{ facts_of_parties(
    ref('stg_landing__app_events'),
    ref('int_app_events__touched'),
    'event_id',
    'event_date',
    ['session_id', 'event_at', 'event_date', 'event_name', 'page', 'product_id', 'source_campaign_id',
    'channel'],
) }}
