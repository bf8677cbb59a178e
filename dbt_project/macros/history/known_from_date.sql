{#-
  The business date from which a version of a row counts: when the source changed it, so that a
  late version restates; its effective date, where it was deferred. Called in staging only.
-#}
{% macro known_from_date(alias) -%}
    case
        when {{ alias }}.enters_date > {{ alias }}.arrived_date then {{ alias }}.enters_date
        else least({{ alias }}.enters_date, {{ business_date(alias ~ '.updated_at') }})
    end
{%- endmacro %}
