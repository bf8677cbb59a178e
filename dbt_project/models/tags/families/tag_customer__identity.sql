with

features as (
    select * from {{ ref('ftr_customers') }} where as_of_date = {{ night_date() }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

age_bands as (
    {{ bands_of_tag('age_band') }}
),

education as (
    select distinct customer_id
    from {{ ref('fct_product_holdings') }}
    where category = 'education' and (held_to is null or held_to > {{ night_date() }})
),

final as (
    select
        features.customer_id,
        features.as_of_date,
        customers.party_type,
        customers.gender,
        features.age_years,
        age_bands.band as age_band,
        features.age_years < {{ tag_limit('adult_age') }} as is_minor,
        features.age_years >= {{ tag_limit('silver_hair_age') }} as is_silver_hair,
        customers.region,
        customers.occupation,
        customers.income_band,
        customers.marital_status,
        customers.relationship_manager_id is not null as has_relationship_manager,
        {{ if_profiled("(coalesce(customers.has_children, false) or education.customer_id is not null)") }}
            as is_parent_child
    from features
    inner join customers on features.customer_id = customers.customer_id
    left join education on features.customer_id = education.customer_id
    {{ join_band('age_bands', 'features.age_years') }}
)

select * from final
