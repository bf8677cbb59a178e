{#-
  Customers who agreed to profiling: a grant in force tonight, and no revocation by any of their
  parties (fail closed). Compared by >, for an equality would be taken for a handful of rows.
-#}
{% macro profiling_customers() %}
    select customer_id
    from {{ ref('dim_customer_consents') }}
    where purpose = 'profiling'
    group by customer_id
    having
        max(case
            when status = 'granted' and revoked_at is null
                and valid_from < {{ end_of_business_date(night_date()) }} then 1
            else 0
        end) > max(case when status = 'revoked' or revoked_at is not null then 1 else 0 end)
{% endmacro %}

{#- A tag that only profiling may compute: null where the customer has not agreed. -#}
{% macro if_profiled(expression) -%}
    case when features.has_profiling_basis then {{ expression }} end
{%- endmacro %}
