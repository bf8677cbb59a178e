{#-
  The documents that a party has shown, oldest first: `|a|b|`. A document shown before takes the
  path back to it, for it was a correction; a new one is added. `-` stands for none: a party that
  began without a document may go back to none, any other keeps what it last showed.
-#}
{% macro next_document_path(path, document) -%}
    case
        when {{ is_on_document_path(document, path) }}
            then substring(
                {{ path }}, 1, position('|' || {{ document }} || '|' in {{ path }}) + length({{ document }}) + 1
            )
        when {{ document }} = {{ no_document() }} then {{ path }}
        else {{ path }} || {{ document }} || '|'
    end
{%- endmacro %}

{% macro is_on_document_path(document, path) -%}
    position('|' || {{ document }} || '|' in {{ path }}) > 0
{%- endmacro %}

{#- The mark of a party that has shown no document. -#}
{% macro no_document() -%} '-' {%- endmacro %}

{#- The path of a party that has shown nothing since it is known. -#}
{% macro undocumented_path() -%} '|-|' {%- endmacro %}

{#- The document that the party shows: the last one on its path. -#}
{% macro last_on_document_path(path) -%}
    {{ return(adapter.dispatch('last_on_document_path')(path)) }}
{%- endmacro %}

{% macro default__last_on_document_path(path) -%}
    reverse(split_part(reverse({{ path }}), '|', 2))
{%- endmacro %}
