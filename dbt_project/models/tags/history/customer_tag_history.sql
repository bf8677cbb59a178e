{{ config(
    materialized='partitioned_incremental',
    full_refresh=false,
    partition_by={'column': 'valid_from', 'grain': 'month'},
    touched=[
        {'by': 'span'},
        {'by': 'new_keys', 'keys': ['customer_id', 'tag_code', 'valid_from']},
    ],
    partition_indexes=[{'columns': ['customer_id']}],
    post_hook="{{ as_of_function('tags_as_of') }}"
) }}
{#-
  Tags as they were evaluated each night, never restated: tonight's row is compared with last
  night's by its hash, and only customers whose hash differs are unpivoted. What an earlier attempt
  of this night wrote is undone: intervals begun tonight, and ends set on the eve.
-#}
{%- set partial = is_partial_build() %}
{%- set night = night_date() %}
{%- set eve = add_days(night_date(), -1) %}
{%- set codes = enumerable_tags() %}

with

tags as (

    select * from {{ ref('customer_tags') }}

),

tonight as (

    select customer_id, {{ row_hash(['customer_id'] + codes) }} as row_hash
    from tags
    where as_of_date = {{ night }}

),

{% if partial -%}
last_night as (

    select customer_id, {{ row_hash(['customer_id'] + codes) }} as row_hash
    from tags
    where as_of_date = {{ eve }}

),

changed as {{ computed_once() }} (

    select coalesce(tonight.customer_id, last_night.customer_id) as customer_id
    from tonight
    full outer join last_night on tonight.customer_id = last_night.customer_id
    where tonight.row_hash is distinct from last_night.row_hash
    union distinct
    select customer_id from {{ this }} where valid_from >= {{ night }} or valid_to >= {{ eve }}

),

before as (

    select history.*
    from {{ this }} as history
    inner join changed on history.customer_id = changed.customer_id
    where
        history.valid_from < {{ night }}
        and (history.valid_to is null or history.valid_to >= {{ eve }})

),
{%- else -%}
changed as (

    select customer_id from tonight

),

before as (

    select
        cast(null as text) as customer_id,
        cast(null as text) as tag_code,
        cast(null as text) as tag_value,
        cast(null as date) as valid_from,
        cast(null as date) as valid_to
    where false

),
{%- endif %}

codes as (

    {% for code in codes -%}
    select '{{ code }}' as tag_code
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

changed_rows as {{ computed_once() }} (

    select tags.*
    from tags
    inner join changed on tags.customer_id = changed.customer_id
    where tags.as_of_date = {{ night }}

),

unpivoted as (

    select
        changed_rows.customer_id,
        codes.tag_code,
        case codes.tag_code
            {% for code in codes -%}
            when '{{ code }}' then cast(changed_rows.{{ code }} as text)
            {% endfor %}
        end as tag_value
    from changed_rows
    cross join codes

),

now_known as (

    select * from unpivoted where tag_value is not null

),

compared as (

    select
        coalesce(now_known.customer_id, before.customer_id) as customer_id,
        coalesce(now_known.tag_code, before.tag_code) as tag_code,
        now_known.tag_value,
        before.tag_value as tag_value_before,
        before.valid_from as began_on,
        before.valid_to as ended_on
    from now_known
    full outer join before
        on now_known.customer_id = before.customer_id and now_known.tag_code = before.tag_code

),

final as (

    select
        customer_id,
        tag_code,
        {{ night }} as valid_from,
        cast(null as date) as valid_to,
        tag_value
    from compared
    where tag_value is not null and tag_value is distinct from tag_value_before
    union all
    select
        customer_id,
        tag_code,
        began_on as valid_from,
        case when tag_value is distinct from tag_value_before then {{ eve }} end as valid_to,
        tag_value_before as tag_value
    from compared
    where
        began_on is not null
        and (tag_value is distinct from tag_value_before or ended_on is not null)

)

select * from final
