with

statuses as (

    select
        feed,
        status,
        reason,
        row_number() over (partition by feed order by arrived_date desc) as recency
    from {{ source('ops', 'feed_status') }}
    where arrived_date <= {{ night_date() }}

),

final as (

    select
        feed,
        status = 'delivered' as is_available,
        status,
        reason
    from statuses
    where recency = 1

)

select * from final
