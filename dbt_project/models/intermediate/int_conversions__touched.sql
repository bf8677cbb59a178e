{%- set unless_all = 'false and ' if run_covers_all_days() else '' %}
{%- set settled = add_days(span_from(), -7) %}

with

accounts as {{ read_in_place() }} (

    select * from {{ ref('stg_landing__accounts_versions') }}

),

owners as (

    select * from {{ ref('int_account_owners__history') }}

),

late as (

    select * from {{ ref('int_recompute__late') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

product_versions as (

    select * from {{ ref('stg_landing__products_versions') }}

),

touched_accounts as (

    select * from {{ ref('int_accounts__touched') }}

),

moved_accounts as (

    select * from {{ ref('int_account_owners__touched') }}

),

-- leads and contacts so late that they may have led to an opening that is settled, with all that was
-- said of them before: a correction may name another party
{% for name, key, day in [('leads', 'lead_id', 'handed_date'), ('contacts', 'contact_id', 'contacted_date')] -%}
{{ name }} as {{ read_in_place() }} (

    select * from {{ ref('stg_landing__' ~ name ~ '_versions') }}

),

late_{{ name }} as (

    select distinct {{ key }}
    from {{ name }}
    where {{ unless_all }}{{ entered_in_this_run(name) }} and {{ day }} < {{ settled }}

),

{% endfor -%}
late_outreach as (

    {% for name, key, day, days in [
        ('leads', 'lead_id', 'handed_date', 90), ('contacts', 'contact_id', 'contacted_date', 30)
    ] -%}
    select
        versions.party_id,
        versions.{{ day }} as outreach_date,
        {{ days }} as days
    from late_{{ name }}
    {{ each_of() }} (
        select party_id, {{ day }} from {{ name }} where {{ name }}.{{ key }} = late_{{ name }}.{{ key }}
        {{ looked_up() }}
    ) as versions
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

causes as (

    -- worth their balance of a week after the opening
    select account_id from accounts where {{ unless_all }}opened_date >= {{ settled }}
    union all
    select account_id from touched_accounts
    union all
    select account_id from moved_accounts
    union all
    select owners.account_id
    from owners
    inner join late on owners.customer_id = late.customer_id
    union all
    select accounts.account_id
    from accounts
    inner join product_versions on accounts.product_id = product_versions.product_id
    where {{ unless_all }}{{ entered_in_this_run('product_versions') }}
    union all
    select accounts.account_id
    from late_outreach
    inner join parties on late_outreach.party_id = parties.party_id
    inner join owners on parties.customer_id = owners.customer_id
    inner join accounts
        on owners.account_id = accounts.account_id
        and accounts.opened_date >= late_outreach.outreach_date
        and accounts.opened_date < {{ add_days('late_outreach.outreach_date', 'late_outreach.days') }}

),

-- which opening was a customer's first depends on all of its accounts
customers as (

    select distinct owners.customer_id
    from owners
    inner join causes on owners.account_id = causes.account_id

),

touched as (

    select account_id from causes
    union distinct
    select owners.account_id
    from owners
    inner join customers on owners.customer_id = customers.customer_id

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
