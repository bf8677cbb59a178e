{#-
  What is left of an erased party: rows, keys, amounts and dates. Its attributes are null in staging
  and so everywhere behind it, for every day. A left join to a small table with a key, so that
  PostgreSQL still merges the view into the query that reads it.
-#}
{% macro join_erased_parties(party_id) -%}
    left join {{ source('vault', 'erased_parties') }} as erased on {{ party_id }} = erased.party_id
{%- endmacro %}

{#- The same for rows that name an account: accounts of erased owners. -#}
{% macro join_erased_accounts(account_id) -%}
    left join {{ source('vault', 'erased_accounts') }} as erased on {{ account_id }} = erased.account_id
{%- endmacro %}

{#- An attribute of a row, null where the row is of an erased party. -#}
{% macro unless_erased(column) -%}
    case when erased.party_id is null then {{ column }} end
{%- endmacro %}
