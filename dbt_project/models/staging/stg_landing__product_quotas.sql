with

versions as (

    select versions.*
    from {{ source('raw', 'product_quotas') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'product_quotas'), ['quota_date', 'product_id', 'region']) }}

),

final as (

    select
        quota_date,
        product_id,
        region,
        quota,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
