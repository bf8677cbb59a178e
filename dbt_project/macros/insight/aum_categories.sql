{#- The product categories that count as assets under management (AUM). -#}
{% macro aum_categories() -%}
    {{ return(['demand', 'deposit', 'wealth', 'fund', 'insurance', 'precious_metal']) }}
{%- endmacro %}
