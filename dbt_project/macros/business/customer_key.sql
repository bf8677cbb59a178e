{#-
  The customer of a party: the document links, nothing else does. An undocumented party is a
  customer of its own.
-#}
{% macro customer_key(document_token, party_id) -%}
    'C' || substring({{ dbt.hash("coalesce(" ~ document_token ~ ", 'party:' || " ~ party_id ~ ")") }}, 1, 15)
{%- endmacro %}
