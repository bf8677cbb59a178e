-- A row here is a posting that is taken back by a posting of the last month without being marked,
-- or marked without any posting that takes it back.
with

postings as {{ read_in_place() }} (

    select * from {{ ref('fct_transactions') }}

),

taken_back as (

    select distinct reverses_transaction_id as transaction_id
    from postings
    where reverses_transaction_id is not null

)

select postings.transaction_id
from postings
left join taken_back on postings.transaction_id = taken_back.transaction_id
where postings.is_reversed <> (taken_back.transaction_id is not null)
    and postings.booked_date >= {{ add_days(span_from(), -31) }}
