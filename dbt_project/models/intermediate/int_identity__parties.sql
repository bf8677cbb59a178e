with

answers as (

    select * from {{ ref('int_identity__answers') }}
    where valid_from <= {{ night_date() }}

),

-- the first answer also holds for what is dated before it
final as (

    select
        party_id,
        customer_id,
        case
            when lag(valid_from) over (partition by party_id order by valid_from) is null
                then {{ first_day() }}
            else valid_from
        end as valid_from,
        coalesce(
            {{ add_days('lead(valid_from) over (partition by party_id order by valid_from)', -1) }},
            {{ last_day() }}
        ) as valid_to,
        link_reason,
        has_shared_contact,
        min(valid_from) over (partition by party_id) as first_seen_date
    from answers

)

select * from final
