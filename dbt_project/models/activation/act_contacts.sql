-- Contacts of the last 100 days, longer than any cap's window and any open list row.
with

contacts as (

    select *
    from {{ ref('fct_contacts') }}
    where contacted_date <= {{ night_date() }}
        and contacted_date > {{ add_days(night_date(), -100) }}

),

final as (

    select
        contact_id,
        list_row_id,
        customer_id,
        channel,
        campaign_id,
        contacted_date,
        delivery_status,
        disposition,
        delivery_status <> 'failed' as is_made,
        disposition in ('interested', 'not_interested', 'refused', 'wrong_person') as is_answer
    from contacts
    where customer_id is not null

)

select * from final
