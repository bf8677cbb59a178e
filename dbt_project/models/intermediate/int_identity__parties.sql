with

versions as (

    select * from {{ ref('stg_landing__customers_versions') }}

),

ordered as (

    select
        party_id,
        document_no_token,
        enters_date,
        row_number() over (
            partition by party_id
            order by enters_date, updated_at, arrived_date
        ) as version_number
    from versions

),

final as (

    select
        party_id,
        {{ customer_key('document_no_token', 'party_id') }} as customer_id,
        enters_date as valid_from
    from ordered
    where version_number = 1

)

select * from final
