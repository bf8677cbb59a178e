{{ config(
    materialized='partitioned_incremental',
    contract={'enforced': true},
    partition_by={'column': 'valid_from', 'grain': 'month'},
    touched={'by': 'span'},
    partition_indexes=[
        {'columns': ['kind', 'token']},
        {'columns': ['party_id', 'kind', 'token']},
        {'columns': ['valid_from']},
    ]
) }}

{%- set partial = is_partial_build() %}

with

papers as (

    select * from {{ ref('int_identity__papers') }}
    where valid_from <= {{ night_date() }}
    {% if partial -%}
        and valid_from >= {{ span_from() }}
    {%- endif %}

),

-- the last document of a path is the one that is shown
shown as (

    select
        papers.*,
        {{ last_on_document_path('document_path') }} as document_token
    from papers

),

taken_up as (

    select
        party_id,
        'document' as kind,
        document_token as token,
        valid_from,
        true as is_held,
        coalesce(previous_path = {{ undocumented_path() }}, false) as follows_undocumented,
        opened_date
    from shown
    where document_token <> {{ no_document() }}
        and not coalesce({{ is_on_document_path('document_token', 'previous_path') }}, false)

),

-- a path that went back: what stood behind is shown no more
given_up as (

    select distinct
        papers.party_id,
        'document' as kind,
        {{ last_on_document_path('earlier.document_path') }} as token,
        papers.valid_from,
        false as is_held,
        false as follows_undocumented,
        cast(null as date) as opened_date
    from papers
    inner join {{ ref('int_identity__papers') }} as earlier
        on papers.party_id = earlier.party_id
        and papers.valid_from > earlier.valid_from
    where length(papers.document_path) < length(papers.previous_path)
        and {{ is_on_document_path(last_on_document_path('earlier.document_path'), 'papers.previous_path') }}
        and not {{ is_on_document_path(last_on_document_path('earlier.document_path'), 'papers.document_path') }}

),

{% for kind in ['mobile', 'email'] -%}
{{ kind }}s as (

    select
        party_id,
        '{{ kind }}' as kind,
        {{ kind }}_token as token,
        valid_from,
        true as is_held
    from papers
    where {{ kind }}_token is not null
        and {{ kind }}_token <> coalesce(previous_{{ kind }}_token, '')
    union all
    select
        party_id,
        '{{ kind }}' as kind,
        previous_{{ kind }}_token as token,
        valid_from,
        false as is_held
    from papers
    where previous_{{ kind }}_token is not null
        and previous_{{ kind }}_token <> coalesce({{ kind }}_token, '')

),

{% endfor -%}
-- a device is a party's from the night on which it was first used
devices as (

    select
        versions.party_id,
        'device' as kind,
        versions.device_id_token as token,
        min(versions.enters_date) as valid_from,
        true as is_held
    from {{ ref('stg_landing__app_events_versions') }} as versions
    {% if partial -%}
    left join {{ this }} as known
        on versions.party_id = known.party_id
        and versions.device_id_token = known.token
        and known.kind = 'device'
        and known.valid_from < {{ span_from() }}
    {% endif -%}
    where versions.party_id is not null
        and versions.device_id_token is not null
        {% if partial -%}
        and {{ entered_in_this_run('versions') }}
        and known.party_id is null
        {% endif -%}
    group by versions.party_id, versions.device_id_token

),

final as (

    select party_id, kind, token, valid_from, is_held, follows_undocumented, opened_date from taken_up
    union all
    select party_id, kind, token, valid_from, is_held, follows_undocumented, opened_date from given_up
    {% for kind in ['mobiles', 'emails', 'devices'] -%}
    union all
    select party_id, kind, token, valid_from, is_held, false, cast(null as date) from {{ kind }}
    {% endfor %}
)

select * from final
