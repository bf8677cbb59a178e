with

claims as {{ read_in_place() }} (

    select * from {{ ref('stg_landing__account_parties_versions') }}

),

owners as {{ read_in_place() }} (

    select * from {{ ref('stg_landing__account_parties') }} where role = 'owner'

),

touched_parties as (

    select * from {{ ref('int_parties__touched') }}

),

entered as (

    select distinct account_id, party_id
    from claims
    where {{ entered_in_this_run('claims') }}

),

-- an ownership answer changes with the account's parties, and with the customer that a party is;
-- all versions of a claim count, since a correction may move its first day
changes as (

    select claims.account_id, claims.valid_from as from_date
    from claims
    inner join entered
        on claims.account_id = entered.account_id
        and claims.party_id = entered.party_id
    union all
    select claims.account_id, touched_parties.from_date
    from claims
    inner join touched_parties on claims.party_id = touched_parties.party_id

),

first_changes as (

    select account_id, min(from_date) as from_date
    from changes
    group by account_id

),

-- the first owner also answers for what is dated before
dated as (

    select
        first_changes.account_id,
        case
            when found.first_valid_from < first_changes.from_date then first_changes.from_date
            else {{ first_day() }}
        end as from_date
    from first_changes
    {{ each_of() }} (
        select min(owners.valid_from) as first_valid_from
        from owners
        where owners.account_id = first_changes.account_id
    ) as found

),

attempts as (

    select account_id, from_date, {{ night_date() }} as touched_night from dated
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
