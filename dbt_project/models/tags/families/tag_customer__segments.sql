{#- A customer without a profiling basis has no needs, known or not: null. -#}
{% set needs = ['saving', 'spending', 'borrowing', 'investing', 'protecting', 'retiring', 'educating'] %}

with

features as (
    select * from {{ ref('ftr_customers') }} where as_of_date = {{ night_date() }}
),

memberships as (
    select * from {{ ref('tag_memberships') }} where as_of_date = {{ night_date() }}
),

segments as (
    select
        customer_id,
        max(case when rule_set = 'customer_group' and is_primary then segment_code end) as primary_group,
        sum(case when rule_set = 'customer_group' then 1 else 0 end) as group_count,
        {% for group in ['middle_class', 'small_business_owner', 'rural'] -%}
        max(case when rule_set = 'customer_group' and segment_code = '{{ group }}' then 1 else 0 end) as {{ group }},
        {% endfor -%}
        max(case when rule_set = 'wealth_micro' and is_primary then segment_code end) as wealth_micro_segment,
        max(case when rule_set = 'need' and is_primary then segment_code end) as primary_need,
        {% for need in needs -%}
        max(case when rule_set = 'need' and segment_code = '{{ need }}' then 1 else 0 end) as {{ need }}
        {{- ',' if not loop.last }}
        {% endfor %}
    from memberships
    group by customer_id
),

final as (
    select
        features.customer_id,
        features.as_of_date,
        segments.primary_group,
        cast(coalesce(segments.group_count, 0) as integer) as group_count,
        {% for group in ['middle_class', 'small_business_owner', 'rural'] -%}
        coalesce(segments.{{ group }}, 0) = 1 as is_{{ group }},
        {% endfor -%}
        segments.wealth_micro_segment,
        {{ if_profiled('segments.primary_need') }} as primary_need,
        {% for need in needs -%}
        {{ if_profiled('coalesce(segments.' ~ need ~ ', 0) = 1') }} as needs_{{ need }}
        {{- ',' if not loop.last }}
        {% endfor %}
    from features
    left join segments on features.customer_id = segments.customer_id
)

select * from final
