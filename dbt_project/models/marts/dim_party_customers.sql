with

parties as (

    select * from {{ ref('int_identity__parties') }}

),

final as (

    select
        party_id,
        customer_id,
        valid_from,
        valid_to,
        link_reason,
        has_shared_contact,
        first_seen_date
    from parties

)

select * from final
