with

accounts as (

    select * from {{ ref('stg_landing__accounts') }}

),

owners as (

    select * from {{ ref('int_account_owners__history') }}

),

-- an account counts for an owner from its opening, or from the day it was taken over
held as (

    select
        owners.customer_id,
        greatest(accounts.opened_date, owners.valid_from) as held_from,
        case
            when owners.valid_to < {{ last_day() }} then {{ add_days('owners.valid_to', 1) }}
            when accounts.closed_date <= {{ night_date() }} then accounts.closed_date
        end as held_until
    from accounts
    inner join owners on accounts.account_id = owners.account_id
    where owners.customer_id is not null

),

final as (

    select
        customer_id,
        min(held_from) as first_opened_date,
        case when count(held_until) = count(*) then max(held_until) end as closed_date
    from held
    group by customer_id

)

select * from final
