{% set night = night_date() %}

with

features as (
    select * from {{ ref('ftr_customers') }} where as_of_date = {{ night }}
),

assessments as (
    select
        customer_id,
        case when valid_until >= {{ night }} then risk_level else 'expired' end as risk_tier,
        case when valid_until >= {{ night }} then {{ days_between(night, 'valid_until') }} end
            as risk_expires_in_days
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

credit as (
    select * from {{ ref('dim_credit_status') }}
),

contacts as (
    select customer_id, max(contacted_date) as last_contact_date
    from {{ ref('fct_contacts') }}
    where contacted_date <= {{ night }}
    group by customer_id
),

responses as (
    select
        customer_id,
        channel,
        max(case when response in ('clicked', 'called_back', 'applied') then responded_date end)
            as last_positive_date,
        count(case when response in ('clicked', 'called_back', 'applied') then 1 end) as positive_count,
        max(case when response = 'opted_out' then responded_date end) as last_opt_out_date
    from {{ ref('fct_responses') }}
    where responded_date <= {{ night }} and responded_date > {{ add_days(night, -365) }}
    group by customer_id, channel
),

ranked_responses as (
    select
        *,
        row_number() over (
            partition by customer_id order by positive_count desc, last_positive_date desc, channel
        ) as channel_rank
    from responses
),

answers as (
    select
        customer_id,
        max(last_positive_date) as last_positive_date,
        max(last_opt_out_date) as last_opt_out_date,
        max(case when channel_rank = 1 and positive_count > 0 then channel end) as preferred_contact_channel
    from ranked_responses
    group by customer_id
),

final as (
    select
        features.customer_id,
        features.as_of_date,
        assessments.risk_tier,
        coalesce(complaints.has_open_complaint, false) as has_open_complaint,
        complaints.complaint_closed_days_ago,
        assessments.risk_expires_in_days,
        coalesce(credit.overdue_days > 0, false) as is_overdue,
        features.contact_count_30d,
        {{ days_between('contacts.last_contact_date', night) }} as days_since_last_contact,
        {{ days_between('answers.last_positive_date', night) }} as days_since_last_response,
        answers.preferred_contact_channel,
        answers.last_opt_out_date is not null as has_opted_out,
        coalesce(
            {{ days_between('answers.last_positive_date', night) }} < {{ tag_limit('responsive_days') }}, false
        ) as is_responsive
    from features
    left join assessments on features.customer_id = assessments.customer_id
    left join complaints on features.customer_id = complaints.customer_id
    left join credit on features.customer_id = credit.customer_id
    left join contacts on features.customer_id = contacts.customer_id
    left join answers on features.customer_id = answers.customer_id
)

select * from final
