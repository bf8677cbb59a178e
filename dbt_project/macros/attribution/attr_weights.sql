{#- Whole weights of the models that split a conversion. Only their proportions matter. -#}
{% macro attr_weight(model) %}
    {%- if model == 'linear' -%}
        cast(1 as numeric(38, 0))
    {%- elif model == 'position_based' -%}
        {{ attr_position_weight('touch_order', 'touch_count') }}
    {%- elif model == 'time_decay' -%}
        {{ attr_decay_weight('touch_at', 'converted_at') }}
    {%- else -%}
        {{ exceptions.raise_compiler_error(
            "Expected a model that splits (linear, position_based, time_decay); found '" ~ model ~ "'.") }}
    {%- endif -%}
{% endmacro %}

{#-
  0.4 first, 0.4 last, 0.2 / (n - 2) each in the middle, multiplied by 10 (n - 2). With one or two
  touches there is no middle and the ends are equal.
-#}
{% macro attr_position_weight(touch_order, touch_count) %}
    {%- set tenths = attr_position_tenths() -%}
    cast(case
        when {{ touch_count }} <= 2 then 1
        when {{ touch_order }} in (1, {{ touch_count }}) then {{ tenths.end }} * ({{ touch_count }} - 2)
        else {{ tenths.middle }}
    end as numeric(38, 0))
{% endmacro %}

{#- 2 ^ (-(T - t) / h) in whole units of 1e-12: computed per row, and exact once it is summed. -#}
{% macro attr_decay_weight(touch_at, converted_at) %}
    {%- set half_life_seconds = attr_half_life_days() * 86400 -%}
    cast(round(
        power(
            cast(2 as numeric(38, 18)),
            -cast({{ attr_seconds_between(touch_at, converted_at) }} as numeric(38, 18)) / {{ half_life_seconds }}
        ) * 1000000000000
    ) as numeric(38, 0))
{% endmacro %}
