{{ config(
    materialized='day_by_day',
    contract={'enforced': true},
    partition_by={'column': 'valid_from', 'grain': 'month'},
    days='span',
    looks_up=true,
    touched={'by': 'span'},
    partition_indexes=[{'columns': ['party_id', 'valid_from']}, {'columns': ['valid_from']}]
) }}
{#-
  One night: whom do the parties that showed something new belong to, and the parties that this
  concerns? docs/identity.md says in words what each step decides.
-#}
{%- set day = iteration_day() %}

with recursive

new_evidence as (

    select * from {{ ref('int_identity__evidence') }}
    where valid_from = {{ day }}

),

changed_parties as (

    select party_id from {{ ref('int_identity__papers') }} where valid_from = {{ day }}
    union distinct
    select party_id from new_evidence

),

redocumented_parties as (

    select distinct party_id from new_evidence where kind = 'document'

),

-- documents to look at: shown or given up tonight, and those that the same parties keep
touched_documents as (

    select token as document_token from new_evidence where kind = 'document'
    union distinct
    select held.token
    from redocumented_parties
    inner join {{ held_evidence(day) }} as held
        on redocumented_parties.party_id = held.party_id and held.kind = 'document'

),

-- documents that one party has shown belong together, and so on
connected as (

    select document_token as group_token, document_token
    from touched_documents
    union distinct
    select connected.group_token, others.token
    from connected
    inner join {{ held_evidence(day) }} as holders
        on connected.document_token = holders.token and holders.kind = 'document'
    inner join {{ held_evidence(day) }} as others
        on holders.party_id = others.party_id and others.kind = 'document'

),

grouped_documents as (

    select distinct document_token from connected

),

introductions as (

    select
        shown.token as document_token,
        shown.party_id,
        shown.valid_from,
        shown.follows_undocumented,
        shown.opened_date,
        row_number() over (
            partition by shown.token
            order by
                shown.valid_from,
                case when shown.follows_undocumented then 0 else 1 end,
                shown.opened_date nulls last,
                shown.party_id
        ) as showing_number
    from grouped_documents
    inner join {{ ref('int_identity__evidence') }} as shown
        on grouped_documents.document_token = shown.token
        and shown.kind = 'document'
        and shown.is_held
        and shown.valid_from <= {{ day }}

),

-- the document that was known first names the customer
ranked as (

    select
        connected.group_token,
        introductions.document_token,
        introductions.party_id,
        introductions.follows_undocumented,
        row_number() over (
            partition by connected.group_token
            order by
                introductions.valid_from,
                introductions.opened_date nulls last,
                introductions.party_id,
                introductions.document_token
        ) as seniority
    from connected
    inner join introductions
        on connected.document_token = introductions.document_token
        and introductions.showing_number = 1

),

-- ... by the key that its first party had while it was undocumented, as long as that one shows it
named as (

    select
        ranked.group_token,
        case
            when held.party_id is not null then {{ customer_key('cast(null as text)', 'ranked.party_id') }}
            else {{ customer_key('ranked.document_token', 'ranked.party_id') }}
        end as customer_id
    from ranked
    left join {{ held_evidence(day) }} as held
        on ranked.follows_undocumented
        and ranked.party_id = held.party_id
        and ranked.document_token = held.token
        and held.kind = 'document'
    where ranked.seniority = 1

),

documented as (

    select distinct held.party_id, named.customer_id
    from connected
    inner join named on connected.group_token = named.group_token
    inner join {{ held_evidence(day) }} as held
        on connected.document_token = held.token and held.kind = 'document'

),

moved_parties as (

    select documented.party_id
    from documented
    left join {{ answers_before(day) }} as before on documented.party_id = before.party_id
    where before.customer_id is null or before.customer_id <> documented.customer_id

),

-- contacts that may answer differently: theirs who came, left, were erased since the last night, or
-- are of another customer now
touched_contacts as (

    select kind, token from new_evidence where kind <> 'document'
    union distinct
    select shown.kind, shown.token
    from {{ ref('stg_vault__erased_parties') }} as erased
    inner join {{ ref('int_identity__evidence') }} as shown on erased.party_id = shown.party_id
    where erased.erased_date = {{ add_days(day, -1) }} and shown.kind <> 'document'
    union distinct
    select held.kind, held.token
    from (
        select party_id from moved_parties
        union distinct
        select party_id from redocumented_parties
    ) as concerned
    inner join {{ held_evidence(day) }} as held
        on concerned.party_id = held.party_id and held.kind <> 'document'

),

undocumented as (

    select concerned.party_id
    from (
        select party_id from changed_parties
        union distinct
        select held.party_id
        from touched_contacts
        inner join {{ held_evidence(day) }} as held
            on touched_contacts.kind = held.kind and touched_contacts.token = held.token
    ) as concerned
    where exists (
        select 1
        from {{ ref('int_identity__papers') }} as papers
        where papers.party_id = concerned.party_id and papers.valid_from <= {{ day }}
    ) and not exists (
        select 1
        from {{ held_evidence(day) }} as held
        where held.party_id = concerned.party_id and held.kind = 'document'
    ) and not {{ is_erased_before(day, 'concerned.party_id') }}

),

their_contacts as (

    select undocumented.party_id, held.kind, held.token
    from undocumented
    inner join {{ held_evidence(day) }} as held
        on undocumented.party_id = held.party_id and held.kind <> 'document'

),

-- the documented customers that hold each of these contacts
holders as (

    select
        wanted.kind,
        wanted.token,
        min(coalesce(documented.customer_id, before.customer_id)) as first_customer_id,
        max(coalesce(documented.customer_id, before.customer_id)) as last_customer_id
    from (select distinct kind, token from their_contacts) as wanted
    inner join {{ held_evidence(day) }} as held
        on wanted.kind = held.kind and wanted.token = held.token
    left join documented on held.party_id = documented.party_id
    left join {{ answers_before(day) }} as before on held.party_id = before.party_id
    where exists (
        select 1
        from {{ held_evidence(day) }} as papers
        where papers.party_id = held.party_id and papers.kind = 'document'
    )
    group by wanted.kind, wanted.token

),

held_by_others as (

    select
        their_contacts.party_id,
        min(holders.first_customer_id) as first_customer_id,
        max(holders.last_customer_id) as last_customer_id,
        min(case their_contacts.kind when 'mobile' then 1 when 'email' then 2 else 3 end) as kind_rank
    from their_contacts
    inner join holders
        on their_contacts.kind = holders.kind and their_contacts.token = holders.token
    group by their_contacts.party_id

),

answers as (

    select
        party_id,
        customer_id,
        'document' as link_reason,
        false as has_shared_contact
    from documented
    union all
    select
        undocumented.party_id,
        case
            when held_by_others.first_customer_id = held_by_others.last_customer_id
                then held_by_others.first_customer_id
            else {{ customer_key('cast(null as text)', 'undocumented.party_id') }}
        end,
        case
            when held_by_others.first_customer_id = held_by_others.last_customer_id
                then case held_by_others.kind_rank when 1 then 'mobile' when 2 then 'email' else 'device' end
            else 'none'
        end,
        coalesce(held_by_others.first_customer_id <> held_by_others.last_customer_id, false)
    from undocumented
    left join held_by_others on undocumented.party_id = held_by_others.party_id

),

final as (

    select
        answers.party_id,
        {{ day }} as valid_from,
        answers.customer_id,
        answers.link_reason,
        answers.has_shared_contact
    from answers
    left join {{ answers_before(day) }} as before on answers.party_id = before.party_id
    where before.party_id is null
        or before.customer_id <> answers.customer_id
        or before.link_reason <> answers.link_reason
        or before.has_shared_contact <> answers.has_shared_contact

)

select * from final
