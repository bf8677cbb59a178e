with

credit_status as (

    select * from {{ ref('stg_landing__credit_status') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}
    where {{ night_date() }} between valid_from and valid_to

),

ranked as (

    select
        parties.customer_id,
        credit_status.overdue_days,
        credit_status.open_rejection_date,
        row_number() over (
            partition by credit_status.party_id
            order by credit_status.status_date desc
        ) as status_rank
    from credit_status
    inner join parties on credit_status.party_id = parties.party_id

),

-- the worst standing of a customer's parties
final as (

    select
        customer_id,
        max(overdue_days) as overdue_days,
        max(open_rejection_date) as open_rejection_date
    from ranked
    where status_rank = 1
    group by customer_id

)

select * from final
