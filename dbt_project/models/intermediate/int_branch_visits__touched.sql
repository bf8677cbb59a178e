{{ config(pre_hook="{{ favour_index_lookups() }}") }}

{{ touched_versions(
    ref('stg_landing__branch_visits_versions'),
    'visit_id',
    ['party_id', 'branch_id', 'visited_at', 'visit_date', 'purpose'],
) }}
