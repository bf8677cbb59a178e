with

parties as (

    select * from {{ ref('int_identity__parties') }}

),

final as (

    select
        party_id,
        customer_id,
        valid_from
    from parties

)

select * from final
