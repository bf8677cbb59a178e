with

parties as (

    select * from {{ ref('int_identity__parties') }}

),

causes as (

    select * from {{ ref('int_recompute__causes') }}

),

holdings as (

    select * from {{ ref('int_customers__holdings') }}

),

-- a customer without a party tonight has a cause: it was merged, late facts concern its days, or only
-- an earlier attempt of this night knew it and what was built for it goes
wanted as (

    select customer_id, {{ span_from() }} as from_date from parties
    where {{ night_date() }} between valid_from and valid_to
    union all
    select customer_id, from_date from causes

),

asked as (

    select
        customer_id,
        greatest(
            least(min(from_date), {{ span_from() }}),
            {{ current_night_column('first_loaded_date') }}
        ) as from_date
    from wanted
    group by customer_id

),

known as (

    select customer_id, min(first_seen_date) as first_seen_date
    from parties
    group by customer_id

),

final as (

    select
        asked.customer_id,
        asked.from_date,
        greatest(
            asked.from_date,
            coalesce(least(known.first_seen_date, holdings.first_opened_date), {{ night_date() }})
        ) as lives_from_date
    from asked
    left join known on asked.customer_id = known.customer_id
    left join holdings on asked.customer_id = holdings.customer_id

)

select * from final
