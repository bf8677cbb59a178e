with

versions as (

    select * from {{ ref('stg_landing__transactions_versions') }}

),

entered as (

    select transaction_id, reverses_transaction_id
    from versions
    where {{ 'false' if run_covers_all_days() else entered_in_this_run('versions') }}

),

-- every version of an entered posting: one that no longer reverses something touches it too
entered_versions as (

    select versions.transaction_id, versions.reverses_transaction_id
    from versions
    inner join entered on versions.transaction_id = entered.transaction_id

),

attempts as (

    select transaction_id, {{ night_date() }} as touched_night from entered_versions
    union all
    select reverses_transaction_id, {{ night_date() }}
    from entered_versions
    where reverses_transaction_id is not null
    {% if has_earlier_attempts() %}
    union all
    {{ of_earlier_attempts(['transaction_id']) }}
    {% endif %}

),

final as (

    select transaction_id, max(touched_night) as touched_night
    from attempts
    group by transaction_id

)

select * from final
