{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'event_date', 'grain': 'month'},
    touched=[
        {'by': 'keys', 'relation': 'int_app_events__touched', 'keys': ['event_id']},
        {'by': 'keys', 'relation': 'int_parties__touched', 'keys': ['party_id']},
    ],
    partition_indexes=[
        {'columns': ['event_id']},
        {'columns': ['party_id']},
        {'columns': ['customer_id', 'event_date']},
    ]
) }}

{%- set partial = is_partial_build() %}

with

events as (

    select * from {{ ref('stg_landing__app_events') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

{% if partial -%}
touched as (

    select event_id from {{ ref('int_app_events__touched') }}
    union distinct
    select existing.event_id
    from {{ this }} as existing
    inner join {{ ref('int_parties__touched') }} as first_seen on existing.party_id = first_seen.party_id

),

wanted as (

    select events.*
    from events
    inner join touched on events.event_id = touched.event_id

),
{%- else -%}
wanted as (

    select * from events

),
{%- endif %}

final as (

    select
        wanted.event_id,
        wanted.party_id,
        parties.customer_id,
        wanted.session_id,
        wanted.event_at,
        wanted.event_date,
        wanted.event_name,
        wanted.page,
        wanted.product_id,
        wanted.source_campaign_id,
        wanted.channel
    from wanted
    left join parties on wanted.party_id = parties.party_id

)

select * from final
