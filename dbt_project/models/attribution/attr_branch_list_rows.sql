{{ config(materialized='view') }}

with

list_rows as (

    select * from {{ source('publication', 'list_rows') }}

),

final as (

    select
        list_row_id,
        night_date,
        customer_id,
        campaign_id
    from list_rows
    where channel = 'branch'

)

select * from final
