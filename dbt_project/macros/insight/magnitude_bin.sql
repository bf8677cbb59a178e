{#- A number's bin: sign, leading digit and magnitude (4711 is in 4000, -0 and 0 in 0), '-' for null. -#}
{% macro magnitude_bin(value) -%}
    case
        when {{ value }} is null then '-'
        when {{ value }} = 0 then '0'
        else cast(cast(
            sign({{ value }}) * floor(abs({{ value }}) / power(10.0, floor(log10(cast(abs({{ value }}) as numeric(38, 9))))))
            * power(10.0, floor(log10(cast(abs({{ value }}) as numeric(38, 9))))) as numeric(38, 6)) as text)
    end
{%- endmacro %}
