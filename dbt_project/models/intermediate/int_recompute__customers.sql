with

parties as (

    select * from {{ ref('int_identity__parties') }}

),

causes as (

    select * from {{ ref('int_recompute__causes') }}

),

-- a customer that only an earlier attempt of this night knew has a cause and no party: what was
-- built for it goes
wanted as (

    select customer_id, {{ span_from() }} as from_date from parties
    union all
    select customer_id, from_date from causes

),

final as (

    select
        customer_id,
        greatest(
            least(min(from_date), {{ span_from() }}),
            {{ current_night_column('first_loaded_date') }}
        ) as from_date
    from wanted
    group by customer_id

)

select * from final
