{% set milestones = ['activated', 'first_salary', 'second_product', 'first_wealth'] %}

with

lifecycle as (
    select known.*
    from {{ ref('lifecycle_current') }} as known
    left join {{ ref('int_customers__erased') }} as erased on known.customer_id = erased.customer_id
    where erased.customer_id is null
),

milestones as (
    select
        *,
        {% for milestone in milestones -%}
        case when {{ milestone }}_date is null then 0 else 1 end{{ ' + ' if not loop.last }}
        {%- endfor %} as reached_count
    from {{ ref('lifecycle_milestones') }}
),

final as (
    select
        lifecycle.customer_id,
        lifecycle.as_of_date,
        lifecycle.stage as lifecycle_stage,
        lifecycle.previous_stage,
        lifecycle.days_in_stage,
        lifecycle.days_on_book,
        lifecycle.is_activated,
        lifecycle.is_never_activated,
        lifecycle.is_on_activation_watch,
        lifecycle.days_on_book <= {{ tag_limit('new_to_bank_last_day') }} as is_new_to_bank,
        milestones.reached_count as milestone_count,
        case
            when milestones.first_opened_date >= {{ current_night_column('first_loaded_date') }} then
                case
                    {% for milestone in milestones -%}
                    when milestones.{{ milestone }}_date is null then '{{ milestone }}'
                    {% endfor -%}
                    else 'all_reached'
                end
        end as next_milestone,
        case
            when milestones.first_opened_date >= {{ current_night_column('first_loaded_date') }}
                then milestones.first_visit_date is not null
        end as has_first_visit
    from lifecycle
    left join milestones on lifecycle.customer_id = milestones.customer_id
)

select * from final
