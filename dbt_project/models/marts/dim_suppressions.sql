with

suppressions as (

    select * from {{ ref('stg_landing__suppressions') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}
    where {{ night_date() }} between valid_from and valid_to

),

final as (

    select
        suppressions.suppression_id,
        suppressions.party_id,
        parties.customer_id,
        suppressions.scope,
        suppressions.scope_value,
        suppressions.reason,
        suppressions.valid_from,
        suppressions.valid_to
    from suppressions
    left join parties on suppressions.party_id = parties.party_id

)

select * from final
