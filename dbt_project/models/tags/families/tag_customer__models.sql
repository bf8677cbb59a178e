with

features as (
    select * from {{ ref('ftr_customers') }} where as_of_date = {{ night_date() }}
),

clusters as (
    select customer_id, max(persona_id) as persona_id
    from {{ source('predictions', 'clusters') }}
    where is_champion and as_of_date = {{ night_date() }}
    group by customer_id
),

churn as (
    select customer_id, min(decile) as churn_decile
    from {{ source('predictions', 'churn') }}
    where is_champion and as_of_date = {{ night_date() }}
    group by customer_id
),

final as (
    select
        features.customer_id,
        features.as_of_date,
        {{ if_profiled('clusters.persona_id') }} as persona_id,
        {{ if_profiled('churn.churn_decile') }} as churn_decile
    from features
    left join clusters on features.customer_id = clusters.customer_id
    left join churn on features.customer_id = churn.customer_id
)

select * from final
