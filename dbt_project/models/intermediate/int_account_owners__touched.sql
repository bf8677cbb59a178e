with

account_parties as {{ read_in_place() }} (

    select * from {{ ref('stg_landing__account_parties_versions') }}

),

touched_parties as (

    select * from {{ ref('int_parties__touched') }}

),

-- an ownership answer changes with the account's parties, and with the customer that a party is
touched as (

    select account_parties.account_id
    from account_parties
    where {{ entered_in_this_run('account_parties') }}
    union distinct
    select account_parties.account_id
    from account_parties
    inner join touched_parties on account_parties.party_id = touched_parties.party_id

),

attempts as (

    select account_id, {{ night_date() }} as touched_night from touched
    {% if has_earlier_attempts() %}
    union all
    {{ of_earlier_attempts(['account_id']) }}
    {% endif %}

),

final as (

    select account_id, max(touched_night) as touched_night
    from attempts
    group by account_id

)

select * from final
