-- A row here is an account that two customers own on the same day, or nobody owns between two
-- owners: its postings and its AUM would count twice, or for no one.
with

owners as (

    select
        account_id,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by account_id order by valid_from) as next_from
    from {{ ref('int_account_owners__history') }}

)

select *
from owners
where valid_to < valid_from
    or next_from <> {{ add_days('valid_to', 1) }}
