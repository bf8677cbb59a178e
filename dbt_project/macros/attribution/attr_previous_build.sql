{#-
  A model of this layer as the last run left it, or none before its first build. What must be
  recomputed is decided against that; a ref would be a circle.
-#}
{% macro attr_previous_build(name) %}
    {%- if not execute -%}{{ return(none) }}{%- endif -%}
    {{ return(adapter.get_relation(this.database, this.schema, name)) }}
{% endmacro %}
