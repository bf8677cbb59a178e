{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'valid_from', 'grain': 'month'},
    touched=[
        {'by': 'new_keys', 'keys': ['customer_id']},
        {'by': 'keys', 'relation': 'int_recompute__causes', 'keys': ['customer_id']},
    ],
    partition_indexes=[{'columns': ['customer_id']}],
    post_hook="{{ as_of_function('customers_as_of') }}"
) }}
{#-
  Nothing is compared from night to night: for each customer whose row changed, all of its intervals
  are derived again from the dated versions of its parties, its accounts and its authorisations. So
  a late version, a historic pass and a night are one mechanism.
-#}
{%- set partial = is_partial_build() %}
{%- set first_loaded = current_night_column('first_loaded_date') %}
{%- set of_the_party = [
    'gender', 'birth_date', 'occupation', 'income_band', 'marital_status', 'has_children', 'region',
    'branch_id', 'relationship_manager_id', 'name_token', 'mobile_token', 'email_token', 'address_token'
] %}
{%- set of_the_customer = [
    'party_type', 'first_opened_date', 'closed_date', 'is_staff', 'is_deceased', 'is_documented',
    'is_authorised_only', 'first_seen_date'
] %}
{%- set attributes = of_the_customer + of_the_party %}

with

links as (

    select
        party_id,
        customer_id,
        valid_from as linked_from,
        valid_to as linked_to
    from {{ ref('dim_party_customers') }}

),

tonight as (

    select * from {{ ref('dim_customers') }}

),

told as (

    select * from {{ ref('stg_landing__customers_versions') }}

),

erased_parties as (

    select * from {{ ref('stg_vault__erased_parties') }}

),

erased_customers as (

    select * from {{ ref('int_customers__erased') }}

),

-- the tokens that link parties are there for identity only
versions as (

    select
        told.party_id,
        {% for name in ['party_type', 'updated_at', 'arrived_date', 'enters_date', 'known_from_date', 'opened_date', 'closed_date', 'is_staff', 'is_deceased', 'gender', 'birth_date', 'occupation', 'income_band', 'marital_status', 'has_children', 'region', 'branch_id', 'relationship_manager_id', 'name_token', 'address_token'] -%}
        told.{{ name }},
        {% endfor -%}
        {% for name in ['document_no_token', 'mobile_token', 'email_token'] -%}
        case when erased_parties.party_id is null then told.{{ name }} end as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from told
    left join erased_parties on told.party_id = erased_parties.party_id

),

first_seen as (

    select distinct customer_id, first_seen_date from {{ ref('int_customers__spans') }}

),

accounts as (

    select * from {{ ref('stg_landing__accounts') }}

),

owners as (

    select * from {{ ref('int_account_owners__history') }}

),

causes as (

    select * from {{ ref('int_recompute__causes') }}

),

{% if partial -%}
hashed_tonight as (

    select customer_id, {{ row_hash(attributes) }} as row_hash from tonight

),

hashed_before as (

    select customer_id, {{ row_hash(attributes) }} as row_hash
    from {{ this }}
    where valid_to is null

),

touched as (

    select coalesce(hashed_tonight.customer_id, hashed_before.customer_id) as customer_id
    from hashed_tonight
    full outer join hashed_before on hashed_tonight.customer_id = hashed_before.customer_id
    where hashed_tonight.row_hash is distinct from hashed_before.row_hash
    union distinct
    select links.customer_id
    from versions
    inner join links on versions.party_id = links.party_id
    where {{ entered_in_this_run('versions') }}
    union distinct
    select customer_id from causes
    union distinct
    select customer_id from erased_customers
    where erased_date >= {{ add_days(span_from(), -1) }}
    union distinct
    select customer_id from {{ this }} where recorded_night >= {{ span_from() }}

),
{%- else -%}
touched as (

    select distinct customer_id from links

),
{%- endif %}

members as {{ computed_once() }} (

    select links.*
    from links
    inner join touched on links.customer_id = touched.customer_id

),

-- of equal stamps the one that arrived last; what a later stamp had overtaken never held
dated_versions as (

    select
        versions.*,
        greatest(versions.known_from_date, {{ first_loaded }}) as holds_from,
        row_number() over (
            partition by versions.party_id, versions.updated_at order by versions.arrived_date desc
        ) as copy_number
    from versions
    where versions.party_id in (select members.party_id from members)

),

ordered_versions as (

    select
        *,
        min(holds_from) over (
            partition by party_id order by updated_at desc
            rows between unbounded preceding and 1 preceding
        ) as overtaken_on
    from dated_versions
    where copy_number = 1

),

states as (

    select
        *,
        coalesce(
            {{ add_days('lead(holds_from) over (partition by party_id order by updated_at)', -1) }},
            {{ last_day() }}
        ) as holds_to
    from ordered_versions
    where overtaken_on is null or overtaken_on > holds_from

),

memberships as {{ computed_once() }} (

    select
        members.customer_id,
        states.*,
        first_seen.first_seen_date,
        greatest(members.linked_from, states.holds_from) as starts_on,
        least(members.linked_to, states.holds_to) as ends_on
    from members
    inner join states
        on members.party_id = states.party_id
        and members.linked_from <= states.holds_to
        and members.linked_to >= states.holds_from
    inner join first_seen on members.customer_id = first_seen.customer_id

),

held as {{ computed_once() }} (

    select
        owners.customer_id,
        greatest(accounts.opened_date, owners.valid_from) as held_from,
        case
            when owners.valid_to < {{ last_day() }} then {{ add_days('owners.valid_to', 1) }}
            else accounts.closed_date
        end as held_until
    from accounts
    inner join owners on accounts.account_id = owners.account_id
    inner join touched on owners.customer_id = touched.customer_id

),

authorisations as {{ computed_once() }} (

    select
        authorised.customer_id,
        authorised.valid_from as authorised_from,
        authorised.valid_to as authorised_to
    from {{ ref('int_customers__authorised') }} as authorised
    inner join touched on authorised.customer_id = touched.customer_id

),

dates as (

    select customer_id, starts_on as event_date from memberships
    union distinct
    select customer_id, {{ add_days('ends_on', 1) }} from memberships where ends_on < {{ night_date() }}
    union distinct
    select customer_id, held_from from held
    union distinct
    select customer_id, held_until from held where held_until is not null
    union distinct
    select customer_id, authorised_from from authorisations

),

events as {{ computed_once() }} (

    select distinct
        customer_id,
        greatest(event_date, {{ first_loaded }}) as event_date
    from dates
    where event_date <= {{ night_date() }}

),

ranked as (

    select
        events.event_date,
        memberships.*,
        row_number() over (
            partition by events.customer_id, events.event_date
            order by
                case memberships.party_type when 'customer' then 1 when 'prospect' then 2 else 3 end,
                memberships.opened_date nulls last,
                memberships.party_id
        ) as party_rank
    from events
    inner join memberships
        on events.customer_id = memberships.customer_id
        and events.event_date between memberships.starts_on and memberships.ends_on

),

summaries as (

    select
        customer_id,
        event_date,
        max(case when is_staff then 1 else 0 end) = 1 as is_staff,
        max(case when is_deceased then 1 else 0 end) = 1 as is_deceased,
        max(case when document_no_token is not null then 1 else 0 end) = 1 as is_documented,
        max(closed_date) as closed_date,
        min(first_seen_date) as first_seen_date
    from ranked
    group by customer_id, event_date

),

holdings as (

    select
        events.customer_id,
        events.event_date,
        min(held.held_from) as first_opened_date,
        case
            when count(case when held.held_until <= events.event_date then 1 end) = count(*)
                then max(held.held_until)
        end as closed_date
    from events
    inner join held on events.customer_id = held.customer_id and held.held_from <= events.event_date
    group by events.customer_id, events.event_date

),

authorised as (

    select distinct events.customer_id, events.event_date
    from events
    inner join authorisations
        on events.customer_id = authorisations.customer_id
        and events.event_date between authorisations.authorised_from and authorisations.authorised_to

),

described as (

    select
        events.customer_id,
        events.event_date,
        ranked.customer_id is not null as is_present,
        {% for column in of_the_party -%}
        ranked.{{ column }},
        {% endfor -%}
        case when holdings.customer_id is not null then 'customer' else ranked.party_type end as party_type,
        holdings.first_opened_date,
        case
            when holdings.customer_id is null then summaries.closed_date
            else holdings.closed_date
        end as closed_date,
        summaries.is_staff,
        summaries.is_deceased,
        summaries.is_documented,
        holdings.customer_id is null
        and authorised.customer_id is not null as is_authorised_only,
        summaries.first_seen_date
    from events
    left join ranked
        on events.customer_id = ranked.customer_id
        and events.event_date = ranked.event_date
        and ranked.party_rank = 1
    left join summaries
        on events.customer_id = summaries.customer_id and events.event_date = summaries.event_date
    left join holdings
        on events.customer_id = holdings.customer_id and events.event_date = holdings.event_date
    left join authorised
        on events.customer_id = authorised.customer_id and events.event_date = authorised.event_date

),

hashed as (

    select
        *,
        case when is_present then {{ row_hash(attributes) }} end as row_hash
    from described

),

compared as (

    select
        *,
        lag(row_hash) over (partition by customer_id order by event_date) as previous_hash
    from hashed

),

intervals as (

    select
        *,
        {{ add_days('lead(event_date) over (partition by customer_id order by event_date)', -1) }}
            as valid_to
    from compared
    where row_hash is distinct from previous_hash

),

final as (

    select
        customer_id,
        event_date as valid_from,
        valid_to,
        {% for column in attributes -%}
        {{ column }},
        {% endfor -%}
        {{ night_date() }} as recorded_night
    from intervals
    where is_present

)

select * from final
