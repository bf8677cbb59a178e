{{
    config(
        materialized='partitioned_incremental',
        partition_by={'column': 'as_of_date', 'grain': 'day'},
        touched={'by': 'dates'},
        adds_columns=true,
        partition_indexes=[{'columns': ['customer_id']}],
        post_hook="{{ keep_nights(35, month_ends=true) }}"
    )
}}
{#- Its columns are the catalogued tags; a retired one stays as a column without values. -#}
{% set families = tag_families() + ['segments'] %}

with

{% for family in families -%}
{{ family }} as (
    select * from {{ ref('tag_customer__' ~ family) }}
),

{% endfor -%}

final as (
    select
        identity.customer_id,
        identity.as_of_date
        {%- for tag in catalogued_tags() %},
        {% if tag.meta['status'] == 'retired' -%}
        cast(null as {{ tag.data_type }}) as {{ tag.code }}
        {%- else -%}
        {{ tag.model | replace('tag_customer__', '') }}.{{ tag.code }}
        {%- endif %}
        {%- endfor %}
    from identity
    {% for family in families if family != 'identity' -%}
    left join {{ family }} on identity.customer_id = {{ family }}.customer_id
    {% endfor %}
)

select * from final
