{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'converted_date', 'grain': 'month'},
    touched={'by': 'keys', 'relation': 'int_conversions__touched', 'keys': ['account_id']},
    partition_indexes=[
        {'columns': ['conversion_id', 'converted_date'], 'unique': true},
        {'columns': ['account_id']},
        {'columns': ['customer_id']},
    ]
) }}

with

accounts as (

    select dim_accounts.* from {{ ref('dim_accounts') }} as dim_accounts
    {% if is_partial_build() -%}
    inner join {{ ref('int_conversions__touched') }} as touched
        on dim_accounts.account_id = touched.account_id
    {%- endif %}

),

owners as (

    select * from {{ ref('int_account_owners__history') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

-- read by key: of the history, only what belongs to an opening
postings as {{ read_in_place() }} (

    select * from {{ ref('fct_transactions') }}

),

app_events as {{ read_in_place() }} (

    select * from {{ ref('fct_app_events') }}

),

balances as {{ read_in_place() }} (

    select * from {{ ref('fct_account_balances') }}

),

rates as (

    select * from {{ ref('int_exchange_rates__in_force') }}

),

holdings as (

    select * from {{ ref('int_customers__holdings') }}

),

parties as (

    select * from {{ ref('int_identity__parties') }}

),

party_versions as (

    select * from {{ ref('stg_landing__customers_versions') }}

),

leads as (

    select * from {{ ref('fct_leads') }}

),

contacts as (

    select * from {{ ref('fct_contacts') }}

),

-- openings before the first loaded day have no touches to speak of: they are holdings, not conversions
openings as (

    select
        accounts.account_id,
        owners.customer_id,
        accounts.product_id,
        accounts.currency_code,
        accounts.opened_date,
        least({{ add_days('accounts.opened_date', 7) }}, {{ night_date() }}) as balance_as_of_date
    from accounts
    inner join owners
        on accounts.account_id = owners.account_id
        and accounts.opened_date between owners.valid_from and owners.valid_to
    where owners.customer_id is not null
        and accounts.opened_date >= {{ current_night_column('first_loaded_date') }}

),

first_postings as (

    select
        openings.account_id,
        found.booked_at
    from openings
    {{ each_of() }} (
        select min(postings.booked_at) as booked_at
        from postings
        where postings.account_id = openings.account_id and postings.booked_date <= openings.opened_date
    ) as found

),

completions as (

    select
        openings.account_id,
        found.event_at
    from openings
    {{ each_of() }} (
        select min(app_events.event_at) as event_at
        from app_events
        where
            app_events.customer_id = openings.customer_id
            and app_events.event_date = openings.opened_date
            and app_events.product_id = openings.product_id
            and app_events.event_name = {{ application_completed_event() }}
    ) as found

),

timed as (

    select
        openings.*,
        case
            when first_postings.booked_at >= {{ end_of_business_date(add_days('openings.opened_date', -1)) }}
                then first_postings.booked_at
            when completions.event_at is not null then completions.event_at
            else {{ end_of_business_date('openings.opened_date') }}
        end as converted_at
    from openings
    left join first_postings on openings.account_id = first_postings.account_id
    left join completions on openings.account_id = completions.account_id

),

-- in the bank's currency, half a minor unit away from zero; what is owed counts as what was lent
valued as (

    select
        timed.account_id,
        timed.customer_id,
        timed.product_id,
        timed.converted_at,
        timed.opened_date,
        products.annual_margin_bps,
        cast(round(products.unit_contribution * product_rates.rate) as bigint) as unit_contribution,
        cast(round(
            case
                when products.category in ('mortgage', 'consumer_loan', 'credit_card', 'instalment')
                    then abs(balances.ledger_balance)
                else greatest(coalesce(balances.market_value, balances.ledger_balance), 0)
            end * rates.rate
        ) as bigint) as opening_balance
    from timed
    left join products on timed.product_id = products.product_id
    {{ each_of() }} (
        select
            max(balances_of_one.ledger_balance) as ledger_balance,
            max(balances_of_one.market_value) as market_value
        from balances as balances_of_one
        where
            balances_of_one.account_id = timed.account_id
            and balances_of_one.balance_date <= timed.balance_as_of_date
            and coalesce(balances_of_one.valid_to_date, {{ last_day() }}) >= timed.balance_as_of_date
    ) as balances
    left join rates
        on timed.currency_code = rates.currency_code
        and timed.balance_as_of_date between rates.valid_from and rates.valid_to
    left join rates as product_rates
        on products.currency_code = product_rates.currency_code
        and timed.balance_as_of_date between product_rates.valid_from and product_rates.valid_to

),

product_openings as (

    select
        {{ dbt.hash("'product_opening:' || account_id") }} as conversion_id,
        customer_id,
        'product_opening' as goal_type,
        product_id,
        account_id,
        converted_at,
        opened_date as converted_date,
        coalesce(
            cast(round(cast(annual_margin_bps as numeric) * opening_balance / 10000) as bigint),
            unit_contribution,
            cast(0 as bigint)
        ) as value_amount,
        opening_balance,
        {{ current_night_column('currency_code') }} as currency_code
    from valued

),

first_openings as (

    select
        timed.*,
        row_number() over (
            partition by timed.customer_id order by timed.converted_at, timed.account_id
        ) as opening_number
    from timed
    inner join holdings
        on timed.customer_id = holdings.customer_id and timed.opened_date = holdings.first_opened_date

),

-- parties of the customer that were known before, by what they were called on the eve
known_before as (

    select
        first_openings.customer_id,
        first_openings.opened_date,
        parties.party_id,
        parties.first_seen_date,
        party_versions.party_type,
        row_number() over (
            partition by first_openings.customer_id, parties.party_id
            order by party_versions.updated_at desc, party_versions.arrived_date desc
        ) as version_rank
    from first_openings
    inner join parties
        on first_openings.customer_id = parties.customer_id
        and first_openings.opened_date between parties.valid_from and parties.valid_to
    inner join party_versions
        on parties.party_id = party_versions.party_id
        and first_openings.opened_date > party_versions.enters_date
    where first_openings.opening_number = 1

),

sources as (

    select
        known_before.*,
        row_number() over (
            partition by customer_id
            order by case party_type when 'prospect' then 1 else 2 end, first_seen_date, party_id
        ) as source_rank
    from known_before
    where version_rank = 1 and party_type in ('prospect', 'walk_in')

),

-- what the bank did about any of these parties last
{% for name, facts, key, day, instant, days in [
    ('last_leads', 'leads', 'lead_id', 'handed_date', 'handed_at', 90),
    ('last_campaigns', 'contacts', 'contact_id', 'contacted_date', 'contacted_at', 30),
] -%}
{{ name }} as (

    select
        sources.customer_id,
        facts.{{ 'campaign_id' if facts == 'contacts' else key }} as source_id,
        row_number() over (
            partition by sources.customer_id order by facts.{{ instant }} desc, facts.{{ key }}
        ) as recency
    from sources
    inner join {{ facts }} as facts
        on sources.party_id = facts.party_id
        and facts.{{ day }} <= sources.opened_date
        and facts.{{ day }} > {{ add_days('sources.opened_date', -days) }}
    {%- if facts == 'contacts' %}
    where facts.campaign_id is not null and facts.delivery_status <> 'failed'
    {%- endif %}

),

{% endfor -%}
-- worth nothing of its own: the value of the first product is that of its opening
became_customers as (

    select
        {{ dbt.hash("'became_customer:' || first_openings.customer_id") }} as conversion_id,
        first_openings.customer_id,
        'became_customer' as goal_type,
        first_openings.product_id,
        first_openings.account_id,
        first_openings.converted_at,
        first_openings.opened_date as converted_date,
        cast(0 as bigint) as value_amount,
        cast(null as bigint) as opening_balance,
        {{ current_night_column('currency_code') }} as currency_code,
        sources.party_type as source_party_type,
        last_campaigns.source_id as source_campaign_id,
        last_leads.source_id as source_lead_id
    from first_openings
    inner join sources
        on first_openings.customer_id = sources.customer_id and sources.source_rank = 1
    left join last_campaigns
        on first_openings.customer_id = last_campaigns.customer_id and last_campaigns.recency = 1
    left join last_leads
        on first_openings.customer_id = last_leads.customer_id and last_leads.recency = 1
    where first_openings.opening_number = 1

),

final as (

    select
        product_openings.*,
        cast(null as text) as source_party_type,
        cast(null as text) as source_campaign_id,
        cast(null as text) as source_lead_id
    from product_openings
    union all
    select * from became_customers

)

select * from final
