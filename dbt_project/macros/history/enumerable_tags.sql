{#-
  Codes of the tags that the history holds: boolean, code and band tags of customer_tags. A numeric
  tag enters through its band. Only `customer_id` while the project is parsed.
-#}
{% macro enumerable_tags() -%}
    {%- set codes = [] -%}
    {%- if execute -%}
        {%- set wide = graph.nodes.values()
            | selectattr('resource_type', 'equalto', 'model')
            | selectattr('name', 'equalto', 'customer_tags') | first -%}
        {%- for tag in catalogued_tags()
            if tag.meta['value_type'] in ('boolean', 'code', 'band') and tag.code in wide.columns -%}
            {% do codes.append(tag.code) %}
        {%- endfor -%}
    {%- endif -%}
    {{ return(codes or ['customer_id']) }}
{%- endmacro %}
