{% set first_loaded = current_night_column('first_loaded_date') %}

with

states as (
    select * from {{ ref('lifecycle_states') }}
    where as_of_date = {{ night_date() }}
),

days as (
    select * from {{ ref('ftr_customers__daily') }}
    where as_of_date = {{ night_date() }}
),

customers as (
    select * from {{ ref('dim_customers') }}
),

thresholds as (
    {{ thresholds_on(night_date()) }}
),

activation as (
    select
        days.customer_id,
        days.days_on_book,
        days.observed_days,
        customers.first_opened_date >= {{ first_loaded }} as is_opening_observed,
        days.first_activity_date is not null as is_active_once,
        coalesce(
            {{ days_between('customers.first_opened_date', 'days.first_activity_date') }}
            <= thresholds.onboarding_last_day, false
        ) as is_activated_in_time,
        days.days_on_book > thresholds.onboarding_last_day as is_past_onboarding,
        days.days_on_book <= thresholds.activation_watch_last_day as is_watched
    from days
    inner join customers on days.customer_id = customers.customer_id
    cross join thresholds
),

final as (
    select
        states.customer_id,
        states.as_of_date,
        states.stage,
        states.previous_stage,
        states.stage_since,
        {{ days_between('states.stage_since', 'states.as_of_date') }} as days_in_stage,
        states.entry_trigger as trigger,
        states.none_reason,
        activation.days_on_book,
        activation.observed_days,
        case
            when activation.is_active_once or activation.is_opening_observed then activation.is_active_once
        end as is_activated,
        case
            when activation.is_opening_observed
                then activation.is_past_onboarding and not activation.is_activated_in_time
        end as is_never_activated,
        activation.is_watched and not activation.is_active_once as is_on_activation_watch
    from states
    left join activation on states.customer_id = activation.customer_id
)

select * from final
