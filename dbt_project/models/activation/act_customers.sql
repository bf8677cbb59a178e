with

customers as (

    select * from {{ ref('dim_customers') }}

),

parties as (

    select customer_id, min(party_id) as party_id
    from {{ ref('dim_party_customers') }}
    where {{ night_date() }} between valid_from and valid_to
    group by customer_id

),

profiling as (

    select customer_id
    from {{ ref('act_consents') }}
    where purpose = 'profiling'
    group by customer_id
    -- granted and not revoked; an equality here would be taken for a handful of rows
    having max(case when is_granted then 1 else 0 end) > max(case when is_revoked then 1 else 0 end)

),

risk as (

    select
        customer_id,
        {{ rank_of_level('risk_level') }} as risk_level_rank,
        valid_until >= {{ night_date() }}
        and assessed_at < {{ end_of_business_date(night_date()) }}
        and assessed_at >= {{ end_of_business_date(add_days(
            "cast(" ~ dbt.dateadd('month', -12, night_date()) ~ " as date)", -1)) }} as is_valid
    from {{ ref('dim_risk_assessments') }}

),

credit as (

    select customer_id, overdue_days, open_rejection_date
    from {{ ref('dim_credit_status') }}

),

tiers as (

    select customer_id, value_tier
    from {{ ref('customer_tags') }}
    where as_of_date = {{ night_date() }}

),

final as (

    select
        customers.customer_id,
        parties.party_id,
        customers.party_type,
        coalesce(tiers.value_tier, customers.party_type) as stratum,
        {{ age_on('customers.birth_date', night_date()) }} as age_years,
        coalesce(lower(customers.occupation) in ('student', '学生', '在校学生'), false) as is_student,
        coalesce(customers.is_deceased, false) as is_deceased,
        customers.region,
        customers.branch_id,
        customers.relationship_manager_id,
        risk.risk_level_rank,
        coalesce(risk.is_valid, false) as is_risk_valid,
        credit.overdue_days,
        credit.open_rejection_date,
        credit.customer_id is not null as has_credit_status,
        profiling.customer_id is not null
        or {{ current_night_column('profiling_basis') }} is not null as is_profiled,
        {{ current_night_column('profiling_basis') }} is not null as has_profiling_basis,
        customers.name_token,
        customers.mobile_token,
        customers.email_token
    from customers
    inner join parties on customers.customer_id = parties.customer_id
    left join profiling on customers.customer_id = profiling.customer_id
    left join risk on customers.customer_id = risk.customer_id
    left join credit on customers.customer_id = credit.customer_id
    left join tiers on customers.customer_id = tiers.customer_id

)

select * from final
