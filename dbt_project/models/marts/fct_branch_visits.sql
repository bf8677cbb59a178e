{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'visit_date', 'grain': 'month'},
    touched=[
        {'by': 'keys', 'relation': 'int_branch_visits__touched', 'keys': ['visit_id'], 'known': 'may_exist'},
        {'by': 'keys', 'relation': 'int_parties__touched', 'keys': ['party_id']},
    ],
    partition_indexes=[
        {'columns': ['visit_id', 'visit_date'], 'unique': true},
        {'columns': ['party_id']},
        {'columns': ['customer_id', 'visit_date']},
    ]
) }}

{{ facts_of_parties(
    ref('stg_landing__branch_visits'),
    ref('int_branch_visits__touched'),
    'visit_id',
    'visit_date',
    ['branch_id', 'visited_at', 'visit_date', 'purpose'],
) }}
