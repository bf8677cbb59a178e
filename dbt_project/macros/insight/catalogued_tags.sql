{#-
  The tags that the YAML of models tag_customer__* declares: [{code, model, description, meta}],
  by code. Empty while the project is parsed.
-#}
{% macro catalogued_tags() -%}
    {%- set tags = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values()
            if node.resource_type == 'model' and node.name.startswith('tag_customer__') -%}
            {%- for column in node.columns.values() if column.meta.get('code') -%}
                {% do tags.append({
                    'code': column.meta['code'], 'model': node.name,
                    'description': column.description, 'meta': column.meta
                }) %}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(tags | sort(attribute='code')) }}
{%- endmacro %}
