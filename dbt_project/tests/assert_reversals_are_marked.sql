-- A row here is a posting that this run wrote, or that a posting of this run takes back, and that is
-- taken back without being marked, or marked without any posting that takes it back.
with

postings as {{ read_in_place() }} (

    select * from {{ ref('fct_transactions') }}

),

looked_up as (

    select transaction_id from {{ ref('int_transactions__touched') }}
    where may_exist
    union distinct
    select reverses_transaction_id from {{ ref('int_transactions__touched') }}
    where reverses_transaction_id is not null

),

written as (

    {% if run_covers_all_days() -%}
    select transaction_id, is_reversed from postings
    {%- else -%}
    select transaction_id, is_reversed
    from postings
    where booked_date between {{ span_from() }} and {{ night_date() }}
    union distinct
    select found.transaction_id, found.is_reversed
    from looked_up
    {{ each_of() }} (
        select * from postings where postings.transaction_id = looked_up.transaction_id
        {{ looked_up() }}
    ) as found
    {%- endif %}

),

taken_back as (

    select distinct reverses_transaction_id as transaction_id
    from postings
    where reverses_transaction_id is not null

)

select written.transaction_id
from written
left join taken_back on written.transaction_id = taken_back.transaction_id
where written.is_reversed <> (taken_back.transaction_id is not null)
