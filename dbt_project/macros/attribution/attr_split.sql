{#-
  Largest remainder (docs/attribution.md): `total` whole units are split in proportion to whole
  `weight`s; every row gets the floor of its quota, the units left over go to the largest
  remainders. The quota is total * weight / weight_sum; mod and exact division keep all of it in
  whole numbers, so the parts add up to the total and no engine rounds them differently.
-#}

{#- The remainder of a row's quota, in units of 1/weight_sum. -#}
{% macro attr_quota_remainder(total, weight, weight_sum) -%}
    mod({{ total }} * {{ weight }}, {{ weight_sum }})
{%- endmacro %}

{#- The floor of a row's quota; the dividend is a multiple of the divisor. -#}
{% macro attr_quota_floor(total, weight, weight_sum, remainder) -%}
    ({{ total }} * {{ weight }} - {{ remainder }}) / {{ weight_sum }}
{%- endmacro %}

{#- A row's part: its floor, and one unit more if its remainder ranks among the units left over. -#}
{% macro attr_part(total, floor, remainder, partition_by, order_by) -%}
    {{ floor }} + case
        when
            row_number() over (partition by {{ partition_by }} order by {{ remainder }} desc, {{ order_by }})
            <= {{ total }} - sum({{ floor }}) over (partition by {{ partition_by }})
            then 1
        else 0
    end
{%- endmacro %}
