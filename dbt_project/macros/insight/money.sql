{#- Round half away from zero to whole minor units. The expression must be numeric, never a float. -#}
{% macro round_to_minor_unit(expression) -%}
    cast(round({{ expression }}) as bigint)
{%- endmacro %}

{#- numerator / denominator as an exact mean in whole minor units, half away from zero. -#}
{% macro mean_to_minor_unit(total, count) -%}
    {{ round_to_minor_unit('cast(' ~ total ~ ' as numeric(38, 6)) / nullif(' ~ count ~ ', 0)') }}
{%- endmacro %}

{#-
  An amount in the minor units of one currency in minor units of the bank's own.
  `factor` comes from int_aum__exchange_rates: the rate, scaled by the two currencies' minor units.
-#}
{% macro convert_amount(amount, factor) -%}
    {{ round_to_minor_unit('cast(' ~ amount ~ ' as numeric(38, 0)) * ' ~ factor) }}
{%- endmacro %}

{#- Σ |amount| over the rows for which the condition holds, in minor units; 0 when there is none. -#}
{% macro sum_of_size(condition, amount='amount') -%}
    cast(sum(case when {{ condition }} then coalesce(abs({{ amount }}), 0) else 0 end) as bigint)
{%- endmacro %}
