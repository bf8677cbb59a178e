{#- The lifecycle thresholds in force on a day: (threshold_code, threshold_value). -#}
{% macro thresholds_on(day) %}
    select ranked.threshold_code, ranked.threshold_value
    from (
        select
            threshold_code,
            threshold_value,
            row_number() over (partition by threshold_code order by valid_from desc) as recency
        from {{ ref('lifecycle_thresholds') }}
        where valid_from <= {{ day }}
    ) as ranked
    where ranked.recency = 1
{% endmacro %}

{#- One threshold as a number, where a CTE `thresholds` = thresholds_on(day) is in scope. -#}
{% macro threshold(name) -%}
    (select in_force.threshold_value from thresholds as in_force where in_force.threshold_code = '{{ name }}')
{%- endmacro %}
