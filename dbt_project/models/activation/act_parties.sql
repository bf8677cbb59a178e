-- What is published as the alias table: the withdrawal path of the next night maps parties by it. Past
-- intervals too, for the rows that were published while they lasted.
with

final as (

    select
        party_id,
        customer_id,
        valid_from,
        valid_to
    from {{ ref('dim_party_customers') }}
    where valid_from <= {{ night_date() }}

)

select * from final
