{#- One row per tag, read from the YAML of the family models: the YAML is the catalogue. -#}
{% set attributes = [
    'label_en', 'label_zh', 'kind', 'family', 'value_type', 'owner', 'sla', 'sensitivity',
    'legal_basis', 'status', 'version'
] %}

with

final as (
    {% for tag in catalogued_tags() -%}
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
