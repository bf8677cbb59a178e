-- A row here is a conversion that some model credits with less or more than 1, or with another value
-- than its own: the split of that conversion is broken, even where monthly sums happen to agree.
with

credited as (

    select
        conversion_id
        {%- for model in attr_models() %},
        sum({{ model }}_credit) as {{ model }}_credit,
        sum({{ model }}_value_amount) as {{ model }}_value_amount
        {%- endfor %}
    from {{ ref('attr_touch_credits') }}
    group by conversion_id

)

select conversions.conversion_id
from {{ ref('fct_conversions') }} as conversions
left join credited on conversions.conversion_id = credited.conversion_id
where conversions.customer_id is not null
    and {{ attr_is_goal('conversions.goal_type') }}
    and (
        credited.conversion_id is null
        {%- for model in attr_models() %}
        or credited.{{ model }}_credit <> 1
        or credited.{{ model }}_value_amount <> conversions.value_amount
        {%- endfor %}
    )
