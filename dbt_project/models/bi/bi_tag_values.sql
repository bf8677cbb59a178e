{{ config(alias='bi_tag_values__build') }}

{#- How many customers have which value of each boolean, code and band tag. -#}
{%- set is_small = attr_is_small('customer_count') %}

with

tags as (

    select * from {{ ref('customer_tags') }}
    where as_of_date = {{ night_date() }}

),

catalogue as (

    select * from {{ ref('tag_catalogue') }}
    where status in ('live', 'deprecated')

),

counted as (

    {% for tag in enumerable_tags() -%}
    select
        '{{ tag }}' as tag_code,
        coalesce(cast({{ tag }} as text), '(none)') as tag_value,
        count(*) as customer_count
    from tags
    group by {{ tag }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

ranked as (

    select
        counted.*,
        {{ attr_group_ranks('tag_code', 'tag_value', is_small, 'customer_count') }}
    from counted

),

labelled as (

    select
        tag_code,
        customer_count,
        case when {{ attr_is_pooled(is_small, 'customer_count') }} then {{ attr_pool_label() }} else tag_value end
            as tag_value
    from ranked

),

shown as (

    select
        tag_code,
        tag_value,
        sum(customer_count) as customer_count,
        sum(customer_count) < {{ attr_least_group() }} as is_suppressed
    from labelled
    group by tag_code, tag_value

),

final as (

    select
        {{ night_date() }} as as_of_date,
        {{ current_night_column('night_id') }} as night_id,
        shown.tag_code,
        catalogue.label_en,
        catalogue.label_zh,
        shown.tag_value,
        cast(case when not shown.is_suppressed then shown.customer_count end as bigint) as customer_count,
        shown.is_suppressed
    from shown
    inner join catalogue on shown.tag_code = catalogue.tag_code

)

select * from final
