{#- Days for which aggregates are restated and republished; later changes are only recorded. -#}
{% macro attr_restatement_days() %}{{ return(env_var('BANKLOOP_DBT_RESTATEMENT_DAYS', '35') | int) }}{% endmacro %}

{#- Longest outcome window of a list row: what it led to may change for that long, and be late. -#}
{% macro attr_outcome_days() %}{{ return(30 + attr_restatement_days()) }}{% endmacro %}

{#-
  The first day that a table of published aggregates covers tonight: the restatement days, and
  older ones from the first day on that late or corrected rows of tonight touched. Those are
  compared with what was published and recorded, not published again.
-#}
{% macro attr_first_restated_day() -%}
    least(
        {{ add_days(night_date(), 1 - attr_restatement_days()) }},
        (select min(from_date) from {{ ref('int_recompute__causes') }} where cause <> 'first_seen')
    )
{%- endmacro %}
