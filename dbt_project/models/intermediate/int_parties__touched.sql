with

answers as (

    select * from {{ ref('int_identity__answers') }}

),

attempts as (

    select distinct party_id, {{ night_date() }} as touched_night
    from answers
    where valid_from between {{ span_from() }} and {{ night_date() }}
    {% if has_earlier_attempts() %}
    union all
    {{ of_earlier_attempts(['party_id']) }}
    {% endif %}

),

final as (

    select party_id, max(touched_night) as touched_night
    from attempts
    group by party_id

)

select * from final
