-- A row here is a posting, balance or app event that entered in this run and is missing from its
-- mart, or stands there with another amount than its version in force. Nearly all are dated in the
-- run and are compared by date; the few older ones are looked up, for a join would read all years.
with

{% for kind, mart, staged, versions, key, date_column, columns in [
    ('posting', ref('fct_transactions'), ref('stg_landing__transactions'), ref('stg_landing__transactions_versions'),
        'transaction_id', 'booked_date', ['transaction_id', 'booked_date', 'amount']),
    ('balance', ref('fct_account_balances'), ref('stg_landing__daily_balances'),
        ref('stg_landing__daily_balances_versions'),
        'account_id', 'balance_date', ['account_id', 'balance_date', 'ledger_balance']),
    ('app_event', ref('fct_app_events'), ref('stg_landing__app_events'), ref('stg_landing__app_events_versions'),
        'event_id', 'event_date', ['event_id', 'event_date']),
] -%}
{{ kind }}_entered as {{ computed_once() }} (

    select {{ columns | join(', ') }}
    from {{ versions }} as entered
    where {{ entered_in_this_run('entered') }}

),

{{ kind }}_not_found as {{ computed_once() }} (

    select entered.*
    from {{ kind }}_entered as entered
    left join (
        select {{ columns | join(', ') }}
        from {{ mart }}
        where {{ date_column }} between {{ span_from() }} and {{ night_date() }}
    ) as loaded
        on {% for column in columns %}entered.{{ column }} = loaded.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    where entered.{{ date_column }} >= {{ span_from() }} and loaded.{{ key }} is null

    union all

    select entered.*
    from {{ kind }}_entered as entered
    {{ each_of() }} (
        select count(*) as row_count
        from {{ mart }} as loaded
        where {% for column in columns %}loaded.{{ column }} = entered.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    ) as loaded
    where entered.{{ date_column }} < {{ span_from() }} and loaded.row_count = 0

),

-- versions that were overtaken are rightly absent
missing_{{ kind }} as (

    select '{{ kind }}' as kind, not_found.{{ key }} as row_id
    from {{ kind }}_not_found as not_found
    {{ each_of() }} (
        select count(*) as row_count
        from {{ staged }} as in_force
        where {% for column in columns %}in_force.{{ column }} = not_found.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    ) as in_force
    where in_force.row_count > 0

),

{% endfor -%}

final as (

    select * from missing_posting
    union all
    select * from missing_balance
    union all
    select * from missing_app_event

)

select * from final
