{%- set unless_all = 'false and ' if run_covers_all_days() else '' %}

with

versions as {{ read_in_place() }} (

    select * from {{ ref('stg_landing__accounts_versions') }}

),

entered as (

    select distinct account_id
    from versions
    where {{ unless_all }}{{ entered_in_this_run('versions') }}

),

said_so_far as (

    select
        versions.account_id,
        count(*) as version_count,
        min(versions.opened_date) as first_opened_date,
        min(versions.closed_date) as first_closed_date,
        count(distinct versions.product_id) as product_count,
        count(distinct versions.currency_code) as currency_count,
        count(distinct versions.opened_date) as opened_date_count
    from versions
    inner join entered on versions.account_id = entered.account_id
    group by versions.account_id

),

-- a first version, or one that changes what the account is, counts from the opening; a closing
-- counts from its date; anything else changes no past day
changes as (

    select
        account_id,
        case
            when
                version_count = 1
                or product_count > 1
                or currency_count > 1
                or opened_date_count > 1
                then first_opened_date
            else first_closed_date
        end as from_date
    from said_so_far

),

attempts as (

    select account_id, from_date, {{ night_date() }} as touched_night from changes
    {% if has_earlier_attempts() %}
    union all
    {{ of_earlier_attempts(['account_id', 'from_date']) }}
    {% endif %}

),

final as (

    select account_id, min(from_date) as from_date, max(touched_night) as touched_night
    from attempts
    group by account_id

)

select * from final
