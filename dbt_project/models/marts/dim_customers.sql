with

parties as (

    select * from {{ ref('stg_landing__customers') }}

),

identities as (

    select * from {{ ref('int_identity__parties') }}
    where {{ night_date() }} between valid_from and valid_to

),

holdings as (

    select * from {{ ref('int_customers__holdings') }}

),

ranked as (

    select
        parties.*,
        identities.customer_id,
        row_number() over (
            partition by identities.customer_id
            order by
                case parties.party_type when 'customer' then 1 when 'prospect' then 2 else 3 end,
                parties.opened_date nulls last,
                parties.party_id
        ) as party_rank
    from parties
    inner join identities on parties.party_id = identities.party_id

),

-- what any of a customer's parties says counts where silence would harm
summaries as (

    select
        customer_id,
        max(case when is_staff then 1 else 0 end) = 1 as is_staff,
        max(case when is_deceased then 1 else 0 end) = 1 as is_deceased,
        max(case when document_no_token is not null then 1 else 0 end) = 1 as is_documented,
        max(closed_date) as closed_date
    from ranked
    group by customer_id

),

spans as (

    select * from {{ ref('int_customers__spans') }}
    where {{ night_date() }} between used_from and used_to

),

authorised as (

    select distinct customer_id from {{ ref('int_customers__authorised') }}
    where {{ night_date() }} between valid_from and valid_to

),

final as (

    select
        ranked.customer_id,
        case when holdings.customer_id is not null then 'customer' else ranked.party_type end as party_type,
        ranked.gender,
        ranked.birth_date,
        ranked.occupation,
        ranked.income_band,
        ranked.marital_status,
        ranked.has_children,
        ranked.region,
        ranked.branch_id,
        ranked.relationship_manager_id,
        holdings.first_opened_date,
        case
            when holdings.customer_id is null then summaries.closed_date
            else holdings.closed_date
        end as closed_date,
        summaries.is_staff,
        summaries.is_deceased,
        summaries.is_documented,
        holdings.customer_id is null and authorised.customer_id is not null as is_authorised_only,
        spans.first_seen_date,
        ranked.name_token,
        ranked.mobile_token,
        ranked.email_token,
        ranked.address_token
    from ranked
    inner join summaries on ranked.customer_id = summaries.customer_id
    inner join spans on ranked.customer_id = spans.customer_id
    left join holdings on ranked.customer_id = holdings.customer_id
    left join authorised on ranked.customer_id = authorised.customer_id
    where ranked.party_rank = 1

)

select * from final
