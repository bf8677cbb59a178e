-- A row means: a customer who has not agreed to profiling, in a bank without a profiling basis, has
-- a score, persona, quintile, need or life-event tag, which the law forbids.
with

tags as (
    select * from {{ ref('customer_tags') }} where as_of_date = {{ night_date() }}
),

profiled as (
    {{ profiling_customers() }}
)

select tags.customer_id
from tags
left join profiled on tags.customer_id = profiled.customer_id
where
    profiled.customer_id is null
    and {{ current_night_column('profiling_basis') }} is null
    and coalesce(
        tags.persona_id,
        cast(tags.churn_decile as {{ dbt.type_string() }}),
        cast(tags.rfm_recency_quintile as {{ dbt.type_string() }}),
        cast(tags.rfm_frequency_quintile as {{ dbt.type_string() }}),
        cast(tags.rfm_monetary_quintile as {{ dbt.type_string() }}),
        cast(tags.is_parent_child as {{ dbt.type_string() }}),
        cast(tags.has_first_salary_today as {{ dbt.type_string() }}),
        cast(tags.has_browsed_without_purchase as {{ dbt.type_string() }})
    ) is not null
