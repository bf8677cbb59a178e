{#- The tracked event that ends an application in the app (domain: 埋点). -#}
{% macro application_completed_event() -%} 'application_completed' {%- endmacro %}
