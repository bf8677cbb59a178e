{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'assigned_date', 'grain': 'month'},
    touched=[
        {'by': 'keys', 'relation': 'int_campaign_assignments__touched', 'keys': ['assignment_id'], 'known': 'may_exist'},
        {'by': 'keys', 'relation': 'int_parties__touched', 'keys': ['party_id']},
    ],
    partition_indexes=[
        {'columns': ['assignment_id', 'assigned_date'], 'unique': true},
        {'columns': ['party_id']},
    ]
) }}

{{ facts_of_parties(
    ref('stg_landing__campaign_assignments'),
    ref('int_campaign_assignments__touched'),
    'assignment_id',
    'assigned_date',
    ['campaign_id', 'campaign_type', 'product_id', 'channel', 'arm', 'assignment_probability',
    'assigned_date'],
) }}
