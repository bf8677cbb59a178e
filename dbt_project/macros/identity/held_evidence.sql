{#-
  A subquery: documents and contacts that parties hold on a day; an erased party holds no contact
  from the night after its erasure on. Not a CTE, so that every place which asks for a few parties or
  tokens looks them up instead of reading all.
-#}
{% macro held_evidence(day) -%}
    (
        select shown.party_id, shown.kind, shown.token
        from {{ ref('int_identity__evidence') }} as shown
        where shown.is_held
            and shown.valid_from <= {{ day }}
            and not exists (
                select 1
                from {{ ref('int_identity__evidence') }} as later
                where later.party_id = shown.party_id
                    and later.kind = shown.kind
                    and later.token = shown.token
                    and later.valid_from > shown.valid_from
                    and later.valid_from <= {{ day }}
            )
            and (shown.kind = 'document' or not {{ is_erased_before(day, 'shown.party_id') }})
    )
{%- endmacro %}

{#- True for a party that was erased on an earlier night than `day`. -#}
{% macro is_erased_before(day, party_id) -%}
    exists (
        select 1
        from {{ ref('stg_vault__erased_parties') }} as erased
        where erased.party_id = {{ party_id }} and erased.erased_date < {{ day }}
    )
{%- endmacro %}

{#- A subquery: the answer that stood for each party on the eve of a day. -#}
{% macro answers_before(day) -%}
    (
        select answered.*
        from {{ this }} as answered
        where answered.valid_from < {{ day }}
            and not exists (
                select 1
                from {{ this }} as newer
                where newer.party_id = answered.party_id
                    and newer.valid_from > answered.valid_from
                    and newer.valid_from < {{ day }}
            )
    )
{%- endmacro %}
