{#- Days for which aggregates are restated and republished; later changes are only recorded. -#}
{% macro attr_restatement_days() %}{{ return(var('restatement_days', 35)) }}{% endmacro %}

{#- Longest outcome window of a list row: what it led to may change for that long, and be late. -#}
{% macro attr_outcome_days() %}{{ return(30 + attr_restatement_days()) }}{% endmacro %}
