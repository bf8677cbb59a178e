{#-
  Public aggregates describe at least ten customers (docs/bi.md, "Small groups"). Cells that share a
  scope add up to something that is published too, so leaving a small cell out would not hide it:
  it is pooled with the next smallest cells until ten customers stand behind the pool.
-#}
{% macro attr_least_group() %}{{ return(10) }}{% endmacro %}

{% macro attr_pool_label() -%} '(under 10)' {%- endmacro %}

{#- True for a count that would single out fewer than ten customers; nobody is no group. -#}
{% macro attr_is_small(count) -%}
    {{ count }} between 1 and {{ attr_least_group() - 1 }}
{%- endmacro %}

{#-
  Two columns over the cells of a scope: has_small, and size_before, the customers of all smaller
  cells. `is_small` and `size` are expressions, `labels` make the order unique.
-#}
{% macro attr_group_ranks(scope, labels, is_small, size) -%}
    sum(case when {{ is_small }} then 1 else 0 end) over (partition by {{ scope }}) > 0 as has_small,
        coalesce(sum({{ size }}) over (
            partition by {{ scope }} order by {{ size }}, {{ labels }}
            rows between unbounded preceding and 1 preceding
        ), 0) as size_before
{%- endmacro %}

{#- True for a cell that goes into the pool of its scope; reads the columns of attr_group_ranks. -#}
{% macro attr_is_pooled(is_small, size) -%}
    ({{ is_small }} or (has_small and {{ size }} > 0 and size_before < {{ attr_least_group() }}))
{%- endmacro %}
