with

versions as (

    select versions.*
    from {{ source('raw', 'suppressions') }} as versions
    where {{ has_entered('versions') }}
        and {{ is_latest_version('versions', source('raw', 'suppressions'), ['suppression_id']) }}

),

final as (

    select
        suppression_id,
        party_id,
        scope,
        scope_value,
        reason,
        valid_from,
        valid_to,
        updated_at,
        arrived_date,
        enters_date
    from versions

)

select * from final
