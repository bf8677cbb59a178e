with

assessments as (

    select * from {{ ref('stg_landing__risk_assessments') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}
    where {{ night_date() }} between valid_from and valid_to

),

ranked as (

    select
        parties.customer_id,
        assessments.risk_level,
        assessments.assessed_at,
        assessments.valid_until,
        row_number() over (
            partition by parties.customer_id
            order by assessments.assessed_at desc, assessments.risk_level, assessments.assessment_id
        ) as assessment_rank
    from assessments
    inner join parties on assessments.party_id = parties.party_id

),

final as (

    select
        customer_id,
        risk_level,
        assessed_at,
        valid_until
    from ranked
    where assessment_rank = 1

)

select * from final
