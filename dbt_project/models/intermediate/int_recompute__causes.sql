{{ config(pre_hook="{{ favour_index_lookups() }}") }}

{%- set unless_all = 'false and ' if run_covers_all_days() else '' %}

with

touched_postings as (

    select * from {{ ref('int_transactions__touched') }}

),

touched_balances as (

    select * from {{ ref('int_account_balances__touched') }}

),

balance_versions as (

    select * from {{ ref('stg_landing__daily_balances_versions') }}

),

touched_accounts as (

    select * from {{ ref('int_accounts__touched') }}

),

moved_accounts as (

    select * from {{ ref('int_account_owners__touched') }}

),

account_parties as {{ read_in_place() }} (

    select * from {{ ref('stg_landing__account_parties_versions') }}

),

accounts as {{ read_in_place() }} (

    select * from {{ ref('stg_landing__accounts') }}

),

product_versions as (

    select * from {{ ref('stg_landing__products_versions') }}

),

rate_versions as (

    select * from {{ ref('stg_landing__exchange_rates_versions') }}

),

touched_events as (

    select * from {{ ref('int_app_events__touched') }}

),

branch_visits as (

    select * from {{ ref('stg_landing__branch_visits_versions') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

touched_parties as (

    select * from {{ ref('int_parties__touched') }}

),

changed_products as (

    select product_id
    from product_versions
    group by product_id
    having
        max(enters_date) >= {{ span_from() }}
        and (count(*) = 1 or count(distinct category) > 1)

),

-- which accounts answer differently from which day on, and why
account_causes as (

    select account_id, booked_date as from_date, 'posting' as cause
    from touched_postings
    where {{ unless_all }}booked_date < {{ span_from() }}
    union all
    select account_id, changed_from, 'balance'
    from touched_balances
    where {{ unless_all }}changed_from < {{ span_from() }}
    union all
    select account_id, from_date, 'account'
    from touched_accounts
    where {{ unless_all }}from_date < {{ span_from() }}
    union all
    select
        account_parties.account_id,
        greatest(account_parties.valid_from, moved_accounts.from_date),
        'owner'
    from account_parties
    inner join moved_accounts on account_parties.account_id = moved_accounts.account_id
    where {{ unless_all }}greatest(account_parties.valid_from, moved_accounts.from_date) < {{ span_from() }}
    union all
    select
        balance_versions.account_id,
        greatest(balance_versions.balance_date, moved_accounts.from_date),
        'owner'
    from balance_versions
    inner join moved_accounts on balance_versions.account_id = moved_accounts.account_id
    where {{ unless_all }}moved_accounts.from_date < {{ span_from() }}
        and balance_versions.balance_date < {{ span_from() }}
    union all
    select accounts.account_id, accounts.opened_date, 'product'
    from accounts
    inner join changed_products on accounts.product_id = changed_products.product_id
    where {{ unless_all }}accounts.opened_date < {{ span_from() }}
    union all
    select accounts.account_id, rate_versions.rate_date, 'rate'
    from accounts
    inner join rate_versions on accounts.currency_code = rate_versions.currency_code
    where {{ unless_all }}rate_versions.rate_date < {{ span_from() }}
        and {{ entered_in_this_run('rate_versions') }}

),

account_days as (

    select account_id, cause, min(from_date) as from_date
    from account_causes
    group by account_id, cause

),

party_causes as (

    select account_parties.party_id, account_days.from_date, account_days.cause
    from account_days
    inner join account_parties on account_days.account_id = account_parties.account_id
    union all
    select party_id, event_date, 'app_event'
    from touched_events
    where {{ unless_all }}event_date < {{ span_from() }}
    union all
    select branch_visits.party_id, branch_visits.visit_date, 'branch_visit'
    from branch_visits
    where {{ unless_all }}branch_visits.visit_date < {{ span_from() }}
        and {{ entered_in_this_run('branch_visits') }}
    union all
    select parties.party_id, {{ first_day() }}, 'first_seen'
    from parties
    inner join touched_parties on parties.party_id = touched_parties.party_id
    where {{ unless_all }}parties.first_seen_date >= {{ span_from() }}

),

-- a party that is another customer from a night on concerns both from that night
customer_causes as (

    select
        parties.customer_id,
        party_causes.cause,
        greatest(party_causes.from_date, parties.valid_from) as from_date
    from party_causes
    inner join parties
        on party_causes.party_id = parties.party_id
        and party_causes.from_date <= parties.valid_to
    union all
    select parties.customer_id, 'identity', greatest(parties.valid_from, {{ span_from() }})
    from parties
    inner join touched_parties on parties.party_id = touched_parties.party_id
    where {{ unless_all }}{{ add_days('parties.valid_to', 1) }} >= {{ span_from() }}

),

attempts as (

    select customer_id, cause, from_date, {{ night_date() }} as touched_night
    from customer_causes
    {% if has_earlier_attempts() %}
    union all
    {{ of_earlier_attempts(['customer_id', 'cause', 'from_date']) }}
    {% endif %}

),

final as (

    select customer_id, cause, min(from_date) as from_date, max(touched_night) as touched_night
    from attempts
    group by customer_id, cause

)

select * from final
