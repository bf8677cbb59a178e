{#- The windows of ftr_customers__windows, in days; a window of n days ends with the night. -#}
{% macro window_days() -%}
    {{ return([7, 30, 90, 180, 365]) }}
{%- endmacro %}

{#-
  What is summed over windows: for each table of customer × day, its measures as
  [name, expression, windows]. A column is called name_<n>d, an amount name_amount_<n>d.
-#}
{% macro windowed_measures() -%}
    {%- set all = window_days() -%}
    {%- set activity = [
        ['customer_initiated_count', 'customer_initiated_count', all],
        ['active_days', 'case when customer_initiated_count > 0 then 1 else 0 end', all],
        ['customer_initiated_in_amount', 'customer_initiated_in_amount', all],
        ['customer_initiated_out_amount', 'customer_initiated_out_amount', all],
        ['automatic_count', 'automatic_count', all],
        ['automatic_in_amount', 'automatic_in_amount', all],
        ['automatic_out_amount', 'automatic_out_amount', all],
    ] -%}
    {%- for kind in ['card_spend', 'transfer_in', 'transfer_out', 'salary', 'pension', 'cash_deposit', 'cash_withdrawal'] -%}
        {% do activity.append([kind ~ '_amount', kind ~ '_amount', [30, 90, 365]]) %}
    {%- endfor -%}
    {%- for channel in ['app', 'branch', 'atm', 'pos', 'online'] -%}
        {% do activity.append([channel ~ '_count', channel ~ '_count', [90]]) %}
    {%- endfor -%}
    {{ return({
        'fct_customer_activity': {'date': 'activity_date', 'measures': activity},
        'fct_customer_engagement': {'date': 'engagement_date', 'measures': [
            ['app_session_count', 'app_session_count', [30, 90]],
            ['branch_visit_count', 'branch_visit_count', [90]],
        ]},
    }) }}
{%- endmacro %}

{#- Σ of every measure in each of its windows, over the rows of `relation` that a `where` leaves. -#}
{% macro window_sums(relation) -%}
    {%- set source = windowed_measures()[relation] -%}
    {%- for name, expression, windows in source.measures -%}
    {%- for days in windows -%}
    sum(case when {{ source.date }} > {{ add_days(night_date(), -days) }} then {{ expression }} else 0 end)
        as {{ name }}_{{ days }}d
        {{- ',' if not loop.last }}
    {% endfor -%}
        {{ ',' if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{#- What is counted once per window, by its kind in ftr_customers__last_seen: the columns' names. -#}
{% macro distinct_kinds() -%}
    {{ return({'channel': 'distinct_channels', 'merchant_category': 'distinct_merchant_categories'}) }}
{%- endmacro %}

{#- How many codes of every kind were last seen inside each window, over the rows that a `where` leaves. -#}
{% macro distinct_in_windows() -%}
    {%- for kind, name in distinct_kinds().items() -%}
    {%- set outer_last = loop.last -%}
    {%- for days in window_days() -%}
    sum(case when kind = '{{ kind }}' and last_seen_date > {{ add_days(night_date(), -days) }} then 1 else 0 end)
        as {{ name }}_{{ days }}d
        {{- ',' if not (outer_last and loop.last) }}
    {% endfor -%}
    {% endfor -%}
{%- endmacro %}
