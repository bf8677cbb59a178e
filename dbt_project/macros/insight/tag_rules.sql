{#- The newest tag limit that is valid tonight, for the bank's currency or for all. -#}
{% macro tag_limit(limit_code) -%}
    (
        select max(ranked.limit_value)
        from (
            select limit_value, row_number() over (order by valid_from desc) as recency
            from {{ ref('tag_limits') }}
            where
                limit_code = '{{ limit_code }}'
                and valid_from <= {{ night_date() }}
                and coalesce(currency_code, {{ current_night_column('currency_code') }})
                = {{ current_night_column('currency_code') }}
        ) as ranked
        where ranked.recency = 1
    )
{%- endmacro %}

{#- Join the band that a value belongs to: the one whose interval [lower, upper) holds it. -#}
{% macro join_band(bands, value) -%}
    left join {{ bands }}
        on {{ value }} >= {{ bands }}.lower_bound
        and ({{ bands }}.upper_bound is null or {{ value }} < {{ bands }}.upper_bound)
{%- endmacro %}

{#- The bands of a tag that are valid tonight: (band, lower_bound, upper_bound). -#}
{% macro bands_of_tag(tag_code) %}
    select
        ranked.band,
        ranked.lower_bound,
        lead(ranked.lower_bound) over (order by ranked.lower_bound) as upper_bound
    from (
        select band, lower_bound, rank() over (order by valid_from desc) as recency
        from {{ ref('tag_bands') }}
        where
            tag_code = '{{ tag_code }}'
            and valid_from <= {{ night_date() }}
            and coalesce(currency_code, {{ current_night_column('currency_code') }})
            = {{ current_night_column('currency_code') }}
    ) as ranked
    where ranked.recency = 1
{% endmacro %}

{#- The frozen cut points of one RFM dimension, as bands: (band, lower_bound, upper_bound). -#}
{% macro rfm_bands(dimension) %}
    select
        ranked.quintile as band,
        ranked.lower_bound,
        lead(ranked.lower_bound) over (order by ranked.lower_bound) as upper_bound
    from (
        select quintile, lower_bound, rank() over (order by frozen_on desc) as recency
        from {{ ref('rfm_cut_points') }}
        where
            dimension = '{{ dimension }}'
            and coalesce(currency_code, {{ current_night_column('currency_code') }})
            = {{ current_night_column('currency_code') }}
    ) as ranked
    where ranked.recency = 1
{% endmacro %}
