{{ config(
    materialized='partitioned_incremental',
    contract={'enforced': true},
    partition_by={'column': 'valid_from', 'grain': 'month'},
    touched={'by': 'span'},
    partition_indexes=[{'columns': ['party_id', 'valid_from']}]
) }}

{%- set partial = is_partial_build() %}

with recursive

entered as (

    select distinct versions.party_id, versions.enters_date as valid_from
    from {{ ref('stg_landing__customers_versions') }} as versions
    {% if partial -%}
    where {{ entered_in_this_run('versions') }}
    {%- endif %}

),

-- the version in force on each night on which one entered
ranked as (

    select
        entered.party_id,
        entered.valid_from,
        coalesce(versions.document_no_token, {{ no_document() }}) as document_token,
        versions.mobile_token,
        versions.email_token,
        versions.opened_date,
        row_number() over (
            partition by entered.party_id, entered.valid_from
            order by versions.updated_at desc, versions.arrived_date desc
        ) as version_rank
    from entered
    inner join {{ ref('stg_landing__customers_versions') }} as versions
        on entered.party_id = versions.party_id
        and entered.valid_from >= versions.enters_date

),

numbered as (

    select
        ranked.*,
        row_number() over (partition by party_id order by valid_from) as step
    from ranked
    where version_rank = 1

),

{% if partial -%}
before as (

    select existing.party_id, existing.document_path, existing.mobile_token, existing.email_token
    from {{ this }} as existing
    inner join (select distinct party_id from entered) as entering
        on existing.party_id = entering.party_id
    where existing.valid_from < {{ span_from() }}
        and not exists (
            select 1
            from {{ this }} as newer
            where newer.party_id = existing.party_id
                and newer.valid_from > existing.valid_from
                and newer.valid_from < {{ span_from() }}
        )

),
{%- endif %}

steps as (

    select
        numbered.party_id,
        numbered.step,
        numbered.valid_from,
        numbered.mobile_token,
        numbered.email_token,
        numbered.opened_date,
        {% if partial -%}
        case
            when before.party_id is null then '|' || numbered.document_token || '|'
            else {{ next_document_path('before.document_path', 'numbered.document_token') }}
        end as document_path,
        before.document_path as previous_path,
        before.mobile_token as previous_mobile_token,
        before.email_token as previous_email_token
        {%- else -%}
        '|' || numbered.document_token || '|' as document_path,
        cast(null as text) as previous_path,
        cast(null as text) as previous_mobile_token,
        cast(null as text) as previous_email_token
        {%- endif %}
    from numbered
    {% if partial -%}
    left join before on numbered.party_id = before.party_id
    {% endif -%}
    where numbered.step = 1
    union all
    select
        numbered.party_id,
        numbered.step,
        numbered.valid_from,
        numbered.mobile_token,
        numbered.email_token,
        numbered.opened_date,
        {{ next_document_path('steps.document_path', 'numbered.document_token') }} as document_path,
        steps.document_path as previous_path,
        steps.mobile_token as previous_mobile_token,
        steps.email_token as previous_email_token
    from steps
    inner join numbered
        on steps.party_id = numbered.party_id
        and steps.step + 1 = numbered.step

),

final as (

    select
        party_id,
        valid_from,
        document_path,
        mobile_token,
        email_token,
        opened_date,
        previous_path,
        previous_mobile_token,
        previous_email_token
    from steps
    where previous_path is null
        or previous_path <> document_path
        or coalesce(previous_mobile_token, '') <> coalesce(mobile_token, '')
        or coalesce(previous_email_token, '') <> coalesce(email_token, '')

)

select * from final
