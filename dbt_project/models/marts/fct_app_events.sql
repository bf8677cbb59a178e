-- depends_on: {{ ref('stg_landing__app_events') }}
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

{%- set partial = is_partial_build() %}

with

parties as (

    select * from {{ ref('int_identity__parties') }}

),

{% if partial -%}
touched as (

    select * from {{ ref('int_app_events__touched') }}

),

first_seen_parties as (

    select * from {{ ref('int_parties__touched') }}

),

-- rows that stay as they are, of parties that have become known
recognised as (

    select existing.*
    from {{ this }} as existing
    inner join first_seen_parties on existing.party_id = first_seen_parties.party_id
    left join touched on existing.event_id = touched.event_id
    where touched.event_id is null

),

wanted as (

    {% for origin, condition in [('touched', 'where is_in_force'), ('recognised', '')] -%}
    select
        event_id,
        party_id,
        session_id,
        event_at,
        event_date,
        event_name,
        page,
        product_id,
        source_campaign_id,
        channel
    from {{ origin }} {{ condition }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),
{%- else -%}
wanted as (

    select * from {{ ref('stg_landing__app_events') }}

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
    left join parties
        on wanted.party_id = parties.party_id
        and wanted.event_date between parties.valid_from and parties.valid_to

)

select * from final
