{{
    config(
        materialized='partitioned_incremental',
        partition_by={'column': 'as_of_date', 'grain': 'month'},
        touched={'by': 'dates'}
    )
}}
{#-
  Coverage is counted over all customers in one pass; distinct values and PSI over a fixed sample,
  the first sample_size customer ids (which are hashes), so that the cost has a bound. A number is
  compared by its leading digit and magnitude; what is missing is a bin of its own.
-#}
{% set sample_size = 8192 %}
{% set smallest_share = 0.0001 %}
{% set tags = catalogued_tags() | rejectattr('meta.status', 'equalto', 'retired') | list %}
{% set month_start = first_of_month(night_date()) %}

with

tonight as (
    select * from {{ ref('customer_tags') }} where as_of_date = {{ night_date() }}
),

last_month as (
    select * from {{ ref('customer_tags') }} where as_of_date = {{ add_days(month_start, -1) }}
),

filled as {{ computed_once() }} (
    select
        count(*) as customer_count
        {%- for tag in tags %},
        count({{ tag.code }}) as {{ tag.code }}
        {%- endfor %}
    from tonight
),

coverage as (
    {% for tag in tags -%}
    select
        cast('{{ tag.code }}' as text) as tag_code,
        {{ sla_days().get(tag.meta.get('sla'), 1) }} as sla_days,
        customer_count,
        {{ tag.code }} as filled_count
    from filled
    {{ 'union all' if not loop.last }}
    {% else -%}
    select cast(null as text) as tag_code, 0 as sla_days, customer_count, 0 as filled_count
    from filled
    where customer_count < 0
    {% endfor %}
),

{% for side in ['tonight', 'last_month'] -%}
{{ side }}_sample as {{ computed_once() }} (
    select * from {{ side }} order by customer_id limit {{ sample_size }}
),

{{ side }}_values as (
    {% for tag in tags -%}
    select
        cast('{{ tag.code }}' as text) as tag_code,
        cast({{ tag.code }} as text) as tag_value,
        {% if tag.meta.get('value_type') == 'number' -%}
        {{ magnitude_bin(tag.code) }} as bin
        {%- else -%}
        coalesce(cast({{ tag.code }} as text), '-') as bin
        {%- endif %}
    from {{ side }}_sample
    {{ 'union all' if not loop.last }}
    {% else -%}
    select cast(null as text) as tag_code, cast(null as text) as tag_value, cast(null as text) as bin
    from {{ side }}_sample
    where customer_id is null
    {% endfor %}
),

{{ side }}_bins as (
    select
        tag_code,
        bin,
        cast(count(*) as numeric(38, 9)) / sum(count(*)) over (partition by tag_code) as share,
        count(distinct tag_value) as distinct_count
    from {{ side }}_values
    group by tag_code, bin
),

{% endfor -%}

compared as (
    select
        coalesce(tonight_bins.tag_code, last_month_bins.tag_code) as tag_code,
        coalesce(tonight_bins.distinct_count, 0) as distinct_count,
        greatest(coalesce(tonight_bins.share, 0), {{ smallest_share }}) as share_tonight,
        greatest(coalesce(last_month_bins.share, 0), {{ smallest_share }}) as share_last_month
    from tonight_bins
    full outer join last_month_bins
        on tonight_bins.tag_code = last_month_bins.tag_code and tonight_bins.bin = last_month_bins.bin
),

drift as (
    select
        tag_code,
        sum(distinct_count) as distinct_count,
        sum((share_tonight - share_last_month) * ln(share_tonight / share_last_month)) as psi
    from compared
    group by tag_code
),

known_last_month as (
    select tag_code from last_month_bins where bin <> '-' group by tag_code
),

{% if is_partial_build() -%}
yesterday as (
    select tag_code, last_filled_date from {{ this }} where as_of_date = {{ add_days(night_date(), -1) }}
),
{%- endif %}

dated as (
    select
        coverage.*,
        {% if is_partial_build() -%}
        case when coverage.filled_count > 0 then {{ night_date() }} else yesterday.last_filled_date end
            as last_filled_date
        {%- else -%}
        case when coverage.filled_count > 0 then {{ night_date() }} end as last_filled_date
        {%- endif %}
    from coverage
    {% if is_partial_build() -%}
    left join yesterday on coverage.tag_code = yesterday.tag_code
    {%- endif %}
),

final as (
    select
        {{ night_date() }} as as_of_date,
        dated.tag_code,
        cast(dated.customer_count as integer) as customer_count,
        cast(dated.filled_count as integer) as filled_count,
        cast(cast(dated.filled_count as numeric(38, 9)) / nullif(dated.customer_count, 0) as numeric(18, 6))
            as coverage,
        dated.last_filled_date,
        {{ days_between('dated.last_filled_date', night_date()) }} as days_since_filled,
        coalesce({{ days_between('dated.last_filled_date', night_date()) }} < dated.sla_days, false)
            as is_within_sla,
        cast(coalesce(drift.distinct_count, 0) as integer) as distinct_count,
        case when known_last_month.tag_code is not null then cast(drift.psi as numeric(18, 6)) end as psi
    from dated
    left join drift on dated.tag_code = drift.tag_code
    left join known_last_month on dated.tag_code = known_last_month.tag_code
)

select * from final
