{#- A hook that refreshes the planner's statistics of the model just built. -#}
{% macro analyze_this() %}
    {{ return(adapter.dispatch('analyze_this')()) }}
{% endmacro %}

{% macro default__analyze_this() %}
    {{ return('analyze ' ~ this) }}
{% endmacro %}

{% macro spark__analyze_this() %}
    {{ return('analyze table ' ~ this ~ ' compute statistics') }}
{% endmacro %}
