with

responses as (

    select *
    from {{ ref('fct_responses') }}
    where responded_date <= {{ night_date() }}
        and responded_date > {{ add_days(night_date(), -200) }}

),

final as (

    select
        response_id,
        customer_id,
        campaign_id,
        list_row_id,
        responded_date,
        response
    from responses
    where customer_id is not null

)

select * from final
