{%- set unless_all = 'false and ' if run_covers_all_days() else '' %}

with

versions as (

    select * from {{ ref('stg_landing__daily_balances_versions') }}

),

moved_accounts as (

    select * from {{ ref('int_account_owners__touched') }}

),

changes as (

    select account_id, balance_date as changed_from, balance_date as from_date, 0 as is_repeated
    from versions
    where {{ unless_all }}{{ entered_in_this_run('versions') }}
    union all
    select account_id, cast(null as date) as changed_from, from_date, 0
    from moved_accounts

),

attempts as (

    select account_id, changed_from, from_date, {{ night_date() }} as touched_night, is_repeated from changes
    {% if has_earlier_attempts() %}
    union all
    {{ of_earlier_attempts(['account_id', 'changed_from', 'from_date'], ['1']) }}
    {% endif %}

),

final as (

    select
        account_id,
        min(changed_from) as changed_from,
        min(from_date) as from_date,
        max(touched_night) as touched_night,
        min(from_date) < {{ span_from() }} or max(is_repeated) = 1 as may_exist
    from attempts
    group by account_id

)

select * from final
