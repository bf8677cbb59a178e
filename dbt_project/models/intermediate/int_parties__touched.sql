with

answers as {{ read_in_place() }} (

    select * from {{ ref('int_identity__answers') }}

),

changes as (

    select party_id, min(valid_from) as valid_from
    from answers
    where valid_from between {{ span_from() }} and {{ night_date() }}
    group by party_id

),

-- a first answer also holds for what is dated before it
dated as (

    select
        changes.party_id,
        case
            when found.first_valid_from < changes.valid_from then changes.valid_from
            else {{ first_day() }}
        end as from_date
    from changes
    {{ each_of() }} (
        select min(answers.valid_from) as first_valid_from
        from answers
        where answers.party_id = changes.party_id
    ) as found

),

attempts as (

    select party_id, from_date, {{ night_date() }} as touched_night from dated
    {% if has_earlier_attempts() %}
    union all
    {{ of_earlier_attempts(['party_id', 'from_date']) }}
    {% endif %}

),

final as (

    select party_id, min(from_date) as from_date, max(touched_night) as touched_night
    from attempts
    group by party_id

)

select * from final
