-- What is published as the alias table: the withdrawal path of the next night maps parties by it.
with

final as (

    select
        party_id,
        customer_id
    from {{ ref('dim_party_customers') }}

)

select * from final
