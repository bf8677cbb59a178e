{{ config(
    materialized='partitioned_incremental',
    full_refresh=false,
    partition_by={'column': 'valid_from', 'grain': 'month'},
    touched=[
        {'by': 'span'},
        {'by': 'new_keys', 'keys': ['customer_id', 'tag_code', 'valid_from']},
    ],
    partition_indexes=[
        {'columns': ['customer_id', 'tag_code']},
        {'columns': ['valid_to'], 'where': 'valid_to is not null'},
    ],
    post_hook="{{ as_of_function('tags_as_of') }}"
) }}
{#-
  Tags as they were evaluated each night, never restated: tonight's wide row is compared with last
  night's by its hash, then tag by tag where they differ; only intervals of tags that differ are
  looked up. What an earlier attempt of this night wrote is undone: intervals begun tonight go, and
  ends set on the eve are decided anew.
-#}
{%- set partial = is_partial_build() %}
{%- set night = night_date() %}
{%- set eve = add_days(night_date(), -1) %}
{%- set codes = enumerable_tags() %}
{%- set columns = ['customer_id'] + codes %}
{%- set retired = catalogued_tags() | selectattr('meta.status', 'equalto', 'retired') | map(attribute='code') | list %}

with

tonight as (

    select * from {{ ref('customer_tags') }} where as_of_date = {{ night }}

),

last_night as (

    select * from {{ ref('customer_tags') }}
    where as_of_date = {{ eve }} {%- if not partial %} and false{% endif %}

),

changes as (

    select
        coalesce(tonight.customer_id, last_night.customer_id) as customer_id,
        found.tag_code,
        found.value_before,
        found.value_now
    from tonight
    full outer join last_night on tonight.customer_id = last_night.customer_id
    {{ each_of() }} (
        {{ pairs_of_columns(codes, 'last_night', 'tonight') }}
    ) as found
    where
        {{ row_hash(columns, 'tonight') }} is distinct from {{ row_hash(columns, 'last_night') }}
        and found.value_before is distinct from found.value_now

),

begun as (

    select
        customer_id,
        tag_code,
        {{ night }} as valid_from,
        cast(null as date) as valid_to,
        value_now as tag_value
    from changes
    where value_now is not null

),
{% if partial %}
ended as (

    select
        history.customer_id,
        history.tag_code,
        history.valid_from,
        {{ eve }} as valid_to,
        history.tag_value
    from changes
    {{ each_of() }} (
        select * from {{ this }} as intervals
        where
            intervals.customer_id = changes.customer_id
            and intervals.tag_code = changes.tag_code
            and intervals.valid_from < {{ night }}
            and intervals.valid_to is null
        limit 1
    ) as history
    where changes.value_before is not null

),

-- by an earlier attempt of this night; those that go on after all are open again
ended_before as (

    select
        history.customer_id,
        history.tag_code,
        history.valid_from,
        case when changes.customer_id is not null then {{ eve }} end as valid_to,
        history.tag_value
    from {{ this }} as history
    left join changes
        on history.customer_id = changes.customer_id and history.tag_code = changes.tag_code
    where history.valid_to = {{ eve }}

),
{% if retired -%}
-- evaluated no more
ended_with_their_tag as (

    select
        customer_id,
        tag_code,
        valid_from,
        {{ eve }} as valid_to,
        tag_value
    from {{ this }}
    where valid_to is null and valid_from < {{ night }} and tag_code in ('{{ retired | join("', '") }}')

),
{%- endif %}
{% endif %}
final as (

    select * from begun
    {% if partial -%}
    union all
    select * from ended
    union all
    select * from ended_before
    {%- if retired %}
    union all
    select * from ended_with_their_tag
    {%- endif %}
    {%- endif %}

)

select * from final
