{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'contacted_date', 'grain': 'month'},
    touched=[
        {'by': 'keys', 'relation': 'int_contacts__touched', 'keys': ['contact_id'], 'known': 'may_exist'},
        {'by': 'keys', 'relation': 'int_parties__touched', 'keys': ['party_id']},
    ],
    partition_indexes=[
        {'columns': ['contact_id', 'contacted_date'], 'unique': true},
        {'columns': ['party_id']},
        {'columns': ['customer_id', 'contacted_date']},
    ]
) }}

{{ facts_of_parties(
    ref('stg_landing__contacts'),
    ref('int_contacts__touched'),
    'contact_id',
    'contacted_date',
    ['list_row_id', 'channel', 'campaign_id', 'contacted_at', 'contacted_date', 'delivery_status',
    'disposition', 'agent_id', 'cost_amount', 'currency_code', 'script_id', 'arrived_date'],
) }}
