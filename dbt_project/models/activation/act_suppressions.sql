-- Do-not-contact entries that are in force or announced, and answers that count as one.
with

entries as (

    select
        suppression_id,
        customer_id,
        scope,
        scope_value,
        reason,
        valid_from,
        valid_to
    from {{ ref('dim_suppressions') }}
    where customer_id is not null
        and (valid_to is null or valid_to >= {{ night_date() }})

),

parties as (

    select * from {{ ref('dim_party_customers') }}
    where {{ night_date() }} between valid_from and valid_to

),

answers as (

    select
        'response:' || responses.response_id as suppression_id,
        parties.customer_id,
        rules.scope,
        cast(null as {{ dbt.type_string() }}) as scope_value,
        rules.reason,
        responses.responded_date as valid_from,
        {{ add_days('responses.responded_date', 'rules.days') }} as valid_to
    from {{ ref('fct_responses') }} as responses
    inner join {{ ref('act_response_suppressions') }} as rules
        on responses.response = rules.response
    inner join parties on responses.party_id = parties.party_id
    where responses.responded_date <= {{ night_date() }}
        and {{ add_days('responses.responded_date', 'rules.days') }} >= {{ night_date() }}

),

final as (

    select * from entries
    union all
    select * from answers

)

select * from final
