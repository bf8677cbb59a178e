{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'valid_from', 'grain': 'month'},
    touched=[
        {'by': 'new_keys', 'keys': ['customer_id']},
        {'by': 'keys', 'relation': 'int_recompute__causes', 'keys': ['customer_id']},
    ],
    partition_indexes=[{'columns': ['customer_id']}],
    post_hook="{{ as_of_function('consents_as_of') }}"
) }}
{#- All intervals of a customer are derived again when one of its parties said something. -#}
{%- set partial = is_partial_build() %}
{%- set first_loaded = current_night_column('first_loaded_date') %}
{%- set said = ['status', 'granted_at', 'revoked_at'] %}

with

links as (

    select
        party_id,
        customer_id,
        valid_from as linked_from,
        valid_to as linked_to
    from {{ ref('dim_party_customers') }}

),

versions as {{ read_in_place() }} (

    select * from {{ ref('stg_landing__consents_versions') }}

),

{% if partial -%}
touched as (

    select links.customer_id
    from versions
    inner join links on versions.party_id = links.party_id
    where {{ entered_in_this_run('versions') }}
    union distinct
    select customer_id from links where {{ add_days('linked_to', 1) }} between {{ span_from() }} and {{ night_date() }}
    union distinct
    select customer_id from links where linked_from between {{ span_from() }} and {{ night_date() }}
    union distinct
    select customer_id from {{ ref('int_recompute__causes') }}
    union distinct
    select customer_id from {{ this }} where recorded_night >= {{ span_from() }}

),
{%- else -%}
touched as (

    select distinct customer_id from links

),
{%- endif %}

members as {{ computed_once() }} (

    select links.*
    from links
    inner join touched on links.customer_id = touched.customer_id

),

-- of equal stamps the one that arrived last
dated_versions as (

    select
        versions.*,
        row_number() over (
            partition by versions.party_id, versions.purpose, versions.channel, versions.updated_at
            order by versions.arrived_date desc
        ) as copy_number
    from versions
    where versions.party_id in (select members.party_id from members)

),

claims as {{ computed_once() }} (

    select
        members.customer_id,
        dated_versions.purpose,
        dated_versions.channel,
        dated_versions.party_id,
        dated_versions.status,
        dated_versions.valid_from as granted_at,
        dated_versions.revoked_at,
        dated_versions.updated_at,
        greatest(dated_versions.known_from_date, members.linked_from, {{ first_loaded }}) as starts_on,
        members.linked_to as ends_on
    from dated_versions
    inner join members
        on dated_versions.party_id = members.party_id
        and dated_versions.known_from_date <= members.linked_to
    where dated_versions.copy_number = 1

),

dates as (

    select customer_id, purpose, channel, starts_on as event_date from claims
    union distinct
    select customer_id, purpose, channel, {{ add_days('ends_on', 1) }} from claims
    where ends_on < {{ night_date() }}

),

-- what was said last counts, and of equals the revocation
standing as (

    select
        dates.customer_id,
        dates.purpose,
        dates.channel,
        dates.event_date,
        claims.status,
        claims.granted_at,
        claims.revoked_at,
        row_number() over (
            partition by dates.customer_id, dates.purpose, dates.channel, dates.event_date
            order by
                claims.updated_at desc nulls last, claims.status desc, claims.granted_at desc,
                claims.party_id
        ) as claim_rank
    from dates
    left join claims
        on dates.customer_id = claims.customer_id
        and dates.purpose = claims.purpose
        and dates.channel = claims.channel
        and dates.event_date between claims.starts_on and claims.ends_on
    where dates.event_date <= {{ night_date() }}

),

hashed as (

    select *, case when status is not null then {{ row_hash(said) }} end as row_hash
    from standing
    where claim_rank = 1

),

compared as (

    select
        *,
        lag(row_hash) over (partition by customer_id, purpose, channel order by event_date)
            as previous_hash
    from hashed

),

intervals as (

    select
        *,
        {{ add_days('lead(event_date) over (partition by customer_id, purpose, channel order by event_date)', -1) }}
            as valid_to
    from compared
    where row_hash is distinct from previous_hash

),

final as (

    select
        customer_id,
        purpose,
        channel,
        event_date as valid_from,
        valid_to,
        status,
        granted_at,
        revoked_at,
        {{ night_date() }} as recorded_night
    from intervals
    where status is not null

)

select * from final
