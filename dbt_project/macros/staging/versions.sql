{#-
  Raw keeps every version that arrived. A row enters on the later of its arrival and its effective
  date; what has not entered by the night does not exist yet.

  Staging views are one plain select, without `with`: PostgreSQL never merges a view that has a
  `with` clause into the query that reads it, so a join to a few keys would read all of raw.
-#}
{% macro has_entered(alias) -%}
    {{ alias }}.enters_date <= {{ night_date() }}
{%- endmacro %}

{#-
  True for the version in force of a key: no other version that has entered was updated later
  (of equals, arrived later). An anti-join, not a window function: joined to a few keys it reads
  only their versions through the index on the key.
-#}
{% macro is_latest_version(alias, raw_relation, keys) -%}
    not exists (
        select 1
        from {{ raw_relation }} as newer
        where {% for key in keys %}newer.{{ key }} = {{ alias }}.{{ key }} and {% endfor %}{{ has_entered('newer') }}
            and (
                newer.updated_at > {{ alias }}.updated_at
                or (newer.updated_at = {{ alias }}.updated_at and newer.arrived_date > {{ alias }}.arrived_date)
            )
    )
{%- endmacro %}

{#- True for a row that entered in this run's span of business dates. -#}
{% macro entered_in_this_run(alias) -%}
    {{ alias }}.enters_date between {{ span_from() }} and {{ night_date() }}
{%- endmacro %}
