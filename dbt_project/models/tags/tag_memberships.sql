{{
    config(
        materialized='partitioned_incremental',
        partition_by={'column': 'as_of_date', 'grain': 'day'},
        touched={'by': 'dates'},
        partition_indexes=[{'columns': ['customer_id']}],
        post_hook="{{ keep_nights(35, month_ends=true) }}"
    )
}}
{#- The rules are data: seeds segment_rules and segment_conditions, checked and written out here. -#}
-- depends_on: {{ ref('segment_rules') }}, {{ ref('segment_conditions') }}, {{ ref('tag_limits') }}
{% set segments = segments_in_force() %}
{% set families = tag_families() %}

with

{% for family in families -%}
{{ family }} as (
    select * from {{ ref('tag_customer__' ~ family) }}
),

{% endfor -%}

features as (
    select customer_id, has_profiling_basis from {{ ref('ftr_customers') }}
    where as_of_date = {{ night_date() }}
),

base as {{ computed_once() }} (
    select
        features.customer_id,
        features.has_profiling_basis
        {%- for tag in segmentable_tags().values() %},
        {{ tag.model | replace('tag_customer__', '') }}.{{ tag.code }}
        {%- endfor %}
    from features
    {% for family in families -%}
    left join {{ family }} on features.customer_id = {{ family }}.customer_id
    {% endfor %}
),

members as (
    {% for segment in segments -%}
    select
        base.customer_id,
        cast('{{ segment.rule_set }}' as text) as rule_set,
        cast('{{ segment.code }}' as text) as segment_code,
        {{ segment.priority }} as priority
    from base
    where ({{ segment.condition }}){{ ' and base.has_profiling_basis' if segment.rule_set == 'need' }}
    {{ 'union all' if not loop.last }}
    {% else -%}
    select base.customer_id, cast(null as text) as rule_set, cast(null as text) as segment_code, 0 as priority
    from base
    where base.customer_id is null
    {% endfor %}
),

final as (
    select
        customer_id,
        {{ night_date() }} as as_of_date,
        rule_set,
        segment_code,
        row_number() over (partition by customer_id, rule_set order by priority) = 1 as is_primary,
        cast(priority as integer) as priority
    from members
)

select * from final
