{#-
  Families of tags that rest on facts and features: the models tag_customer__<family>. Segments rest
  on these. A list, not the catalogue, because dbt learns from it while parsing what depends on what.
-#}
{% macro tag_families() -%}
    {{ return([
        'identity', 'lifecycle', 'value', 'holdings', 'behaviour', 'events', 'service', 'models', 'motives'
    ]) }}
{%- endmacro %}
