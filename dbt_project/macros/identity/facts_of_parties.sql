{#-
  Facts that a party did (a contact, a visit, an event): each stands under the customer that the
  party was on its day. A night replaces the facts whose versions entered, and those of parties that
  have become known or belong to another customer.

  touched_versions is the body of int_<facts>__touched: every version of what this run replaces.
  facts_of_parties is the body of the mart; the mart's own config names both causes.
-#}
{% macro touched_versions(versions, key, columns) -%}
with

{{ touched_keys(versions, key) }}

-- what was loaded by an earlier attempt and is gone has no version: it is to be removed
final as (

    select
        touched.{{ key }},
        touched.touched_night,
        row_number() over (
            partition by touched.{{ key }}
            order by versions.updated_at desc nulls last, versions.arrived_date desc
        ) = 1 and versions.{{ key }} is not null as is_in_force,
        max(case when touched.is_repeated = 1 or versions.enters_date < {{ span_from() }} then 1 else 0 end)
            over (partition by touched.{{ key }}) = 1 as may_exist,
        {% for column in columns -%}
        versions.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from touched
    left join {{ versions }} as versions on touched.{{ key }} = versions.{{ key }}

)

select * from final
{%- endmacro %}

{% macro facts_of_parties(staged, touched, key, date_column, columns) -%}
with

parties as (

    select * from {{ ref('int_identity__parties') }}

),

{% if is_partial_build() -%}
touched as (

    select * from {{ touched }}

),

moved_parties as (

    select * from {{ ref('int_parties__touched') }}

),

-- rows that stay as they are, of parties that have become known or may be another customer
moved as (

    select existing.*
    from {{ this }} as existing
    inner join moved_parties on existing.party_id = moved_parties.party_id
    left join touched on existing.{{ key }} = touched.{{ key }}
    where touched.{{ key }} is null

),

wanted as (

    {% for origin, condition in [('touched', 'where is_in_force'), ('moved', '')] -%}
    select
        {{ key }},
        party_id,
        {{ columns | join(',\n        ') }}
    from {{ origin }} {{ condition }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),
{%- else -%}
wanted as (

    select * from {{ staged }}

),
{%- endif %}

final as (

    select
        wanted.{{ key }},
        wanted.party_id,
        parties.customer_id,
        {% for column in columns -%}
        wanted.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from wanted
    left join parties
        on wanted.party_id = parties.party_id
        and wanted.{{ date_column }} between parties.valid_from and parties.valid_to

)

select * from final
{%- endmacro %}
