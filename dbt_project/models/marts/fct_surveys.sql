with

surveys as (

    select * from {{ ref('stg_landing__surveys') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

final as (

    select
        surveys.survey_id,
        surveys.party_id,
        parties.customer_id,
        surveys.kind,
        surveys.score,
        surveys.campaign_id,
        surveys.answered_at,
        surveys.answered_date
    from surveys
    left join parties
        on surveys.party_id = parties.party_id
        and surveys.answered_date between parties.valid_from and parties.valid_to

)

select * from final
