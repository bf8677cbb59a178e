{{ config(
    materialized='partitioned_incremental',
    full_refresh=false,
    partition_by={'column': 'valid_from', 'grain': 'month'},
    touched={'by': 'span'},
    partition_indexes=[{'columns': ['customer_id', 'tag_code', 'valid_from'], 'unique': true}]
) }}
{#-
  Tags as they were evaluated each night, never restated: tonight's wide row is compared with last
  night's by its hash, then tag by tag where they differ. Only what changed is added, and nothing is
  looked up: where a value ended is read from the change that follows (customer_tag_history). What an
  earlier attempt of this night wrote goes.
-#}
{%- set partial = is_partial_build() %}
{%- set night = night_date() %}
{%- set codes = enumerable_tags() %}
{%- set columns = ['customer_id'] + codes %}

with

tonight as (

    select * from {{ ref('customer_tags') }} where as_of_date = {{ night }}

),

last_night as (

    select * from {{ ref('customer_tags') }}
    where as_of_date = {{ add_days(night, -1) }} {%- if not partial %} and false{% endif %}

),

final as (

    select
        coalesce(tonight.customer_id, last_night.customer_id) as customer_id,
        found.tag_code,
        {{ night }} as valid_from,
        found.value_now as tag_value
    from tonight
    full outer join last_night on tonight.customer_id = last_night.customer_id
    {{ each_of() }} (
        {{ pairs_of_columns(codes, 'last_night', 'tonight') }}
    ) as found
    where
        {{ row_hash(columns, 'tonight') }} is distinct from {{ row_hash(columns, 'last_night') }}
        and found.value_before is distinct from found.value_now

)

select * from final
