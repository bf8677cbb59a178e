{% set night = night_date() %}

with

features as (
    select * from {{ ref('ftr_customers') }} where as_of_date = {{ night }}
),

assessments as (
    select
        customer_id,
        case when valid_until >= {{ night }} then risk_level else 'expired' end as risk_tier
    from {{ ref('dim_risk_assessments') }}
    where assessed_at < {{ end_of_business_date(night) }}
),

complaints as (
    select
        customer_id,
        max(case when closed_date is null or closed_date > {{ night }} then 1 else 0 end) = 1
            as has_open_complaint,
        min(case when closed_date <= {{ night }} then {{ days_between('closed_date', night) }} end)
            as complaint_closed_days_ago
    from {{ ref('fct_service_cases') }}
    where kind = 'complaint' and opened_date <= {{ night }}
    group by customer_id
),

responsive as (
    select distinct customer_id
    from {{ ref('fct_responses') }}
    where
        response in ('clicked', 'called_back', 'applied')
        and responded_date <= {{ night }}
        and responded_date > {{ add_days(night, '-cast(' ~ tag_limit('responsive_days') ~ ' as integer)') }}
),

final as (
    select
        features.customer_id,
        features.as_of_date,
        assessments.risk_tier,
        coalesce(complaints.has_open_complaint, false) as has_open_complaint,
        complaints.complaint_closed_days_ago,
        features.contact_count_30d,
        responsive.customer_id is not null as is_responsive
    from features
    left join assessments on features.customer_id = assessments.customer_id
    left join complaints on features.customer_id = complaints.customer_id
    left join responsive on features.customer_id = responsive.customer_id
)

select * from final
