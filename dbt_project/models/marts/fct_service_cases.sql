with

service_cases as (

    select * from {{ ref('stg_landing__service_cases') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

final as (

    select
        service_cases.case_id,
        service_cases.party_id,
        parties.customer_id,
        service_cases.kind,
        service_cases.severity,
        service_cases.opened_at,
        service_cases.opened_date,
        service_cases.closed_at,
        service_cases.closed_date,
        service_cases.satisfaction
    from service_cases
    left join parties
        on service_cases.party_id = parties.party_id
        and service_cases.opened_date between parties.valid_from and parties.valid_to

)

select * from final
