with

spans as (

    select * from {{ ref('int_customers__spans') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

-- from the day after a key's last party left it until the key comes back
gaps as (

    select
        customer_id,
        used_to,
        {{ add_days('used_to', 1) }} as gap_from,
        coalesce(
            {{ add_days('lead(used_from) over (partition by customer_id order by used_from)', -1) }},
            {{ last_day() }}
        ) as gap_to
    from spans

),

-- where the longest known of its last parties went
followed as (

    select
        gaps.customer_id,
        gaps.gap_from,
        gaps.gap_to,
        parties.party_id,
        row_number() over (
            partition by gaps.customer_id, gaps.gap_from
            order by parties.first_seen_date, parties.party_id
        ) as party_rank
    from gaps
    inner join parties
        on gaps.customer_id = parties.customer_id
        and gaps.used_to = parties.valid_to
    where gaps.used_to < {{ last_day() }}

),

final as (

    select
        followed.customer_id as alias_customer_id,
        parties.customer_id,
        greatest(followed.gap_from, parties.valid_from) as valid_from,
        least(followed.gap_to, parties.valid_to) as valid_to,
        followed.party_id,
        parties.link_reason as reason
    from followed
    inner join parties
        on followed.party_id = parties.party_id
        and followed.gap_from <= parties.valid_to
        and followed.gap_to >= parties.valid_from
    where followed.party_rank = 1

)

select * from final
