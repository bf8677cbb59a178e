{#-
  A hook of the staging of big feeds: an index on the feed's key, so that the versions of a night's
  few keys are found without reading the history. Made after the first load rather than before it,
  because an index slows a bulk load more than it costs later. Does nothing where it exists.
-#}
{% macro raw_key_index(feed, keys) -%}
    {{ adapter.dispatch('raw_key_index')(feed, keys) }}
{%- endmacro %}

{% macro postgres__raw_key_index(feed, keys) -%}
    create index if not exists {{ feed }}__key on {{ source('raw', feed) }} ({{ keys | join(', ') }})
{%- endmacro %}

{% macro default__raw_key_index(feed, keys) -%}{%- endmacro %}
