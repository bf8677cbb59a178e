{{ config(materialized='view', post_hook="{{ as_of_function('tags_as_of') }}") }}
{#- A value holds until the night before the next change; a change to nothing only ends one. -#}
with

changes as (

    select * from {{ ref('customer_tag_changes') }}

),

intervals as (

    select
        customer_id,
        tag_code,
        valid_from,
        {{ add_days('lead(valid_from) over (partition by customer_id, tag_code order by valid_from)', -1) }} as valid_to,
        tag_value
    from changes

),

final as (

    select * from intervals where tag_value is not null

)

select * from final
