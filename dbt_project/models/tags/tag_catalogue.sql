{#- One row per tag, read from the YAML of the family models: the YAML is the catalogue. -#}
{% set attributes = [
    'label_en', 'label_zh', 'kind', 'family', 'reasoning', 'value_type', 'owner', 'sla', 'sensitivity',
    'legal_basis', 'status', 'version'
] %}
{% set tags = catalogued_tags() %}
{% do assert_tags_are_defined(tags) %}

with

final as (
    {% for tag in tags -%}
    select
        cast('{{ tag.code }}' as text) as tag_code,
        cast('{{ tag.model }}' as text) as model_name,
        cast('{{ tag.description | replace("'", "''") }}' as text) as description
        {%- for attribute in attributes %},
        cast({{ "'" ~ (tag.meta[attribute] | string | replace("'", "''")) ~ "'" if tag.meta[attribute] is not none and tag.meta[attribute] is defined else 'null' }} as text) as {{ attribute }}
        {%- endfor %}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select * from final
