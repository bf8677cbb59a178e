with

responses as (

    select *
    from {{ ref('fct_responses') }}
    where responded_date <= {{ night_date() }}
        and responded_date > {{ add_days(night_date(), -200) }}

),

parties as (

    select * from {{ ref('dim_party_customers') }}
    where {{ night_date() }} between valid_from and valid_to

),

-- of the customer that the party is tonight
final as (

    select
        responses.response_id,
        parties.customer_id,
        responses.campaign_id,
        responses.list_row_id,
        responses.responded_date,
        responses.response
    from responses
    inner join parties on responses.party_id = parties.party_id

)

select * from final
