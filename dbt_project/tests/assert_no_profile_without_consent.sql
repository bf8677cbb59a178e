-- A row means: a customer who has not agreed to profiling, in a bank without a profiling basis, has
-- a value of a tag whose legal basis is that consent, which the law forbids.
{% set profiled_tags = catalogued_tags() | selectattr('meta.legal_basis', 'equalto', 'consent: profiling') | list %}

with

tags as (
    select * from {{ ref('customer_tags') }} where as_of_date = {{ night_date() }}
),

profiled as (
    {{ profiling_customers() }}
)

select tags.customer_id
from tags
where
    tags.customer_id not in (select profiled.customer_id from profiled where profiled.customer_id is not null)
    and {{ current_night_column('profiling_basis') }} is null
    and (
        false
        {%- for tag in profiled_tags %}
        or tags.{{ tag.code }} is not null
        {%- endfor %}
    )
