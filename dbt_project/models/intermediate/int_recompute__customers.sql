with

parties as (

    select * from {{ ref('int_identity__parties') }}

),

affected as (

    select customer_id, from_date from {{ ref('int_recompute__causes') }}

),

earliest as (

    select customer_id, min(from_date) as from_date
    from affected
    group by customer_id

),

final as (

    select
        parties.customer_id,
        greatest(
            least(coalesce(min(earliest.from_date), {{ span_from() }}), {{ span_from() }}),
            {{ current_night_column('first_loaded_date') }}
        ) as from_date
    from parties
    left join earliest on parties.customer_id = earliest.customer_id
    group by parties.customer_id

)

select * from final
