{{
    config(
        materialized='day_by_day',
        partition_by={'column': 'as_of_date', 'grain': 'month'},
        touched={'by': 'customers'},
        partition_indexes=[{'columns': ['as_of_date', 'customer_id']}]
    )
}}
{#-
  One day of the lifecycle: yesterday's row of this table, today's conditions, today's stage.
  docs/lifecycle.md says in words what each step decides.
-#}
{% set day = iteration_day() %}

with

{{ lifecycle_conditions(day) }},

stages as (
    select * from {{ ref('lifecycle_stages') }}
),

triggers as (
    select * from {{ ref('lifecycle_triggers') }}
),

previous as (
    select *
    from {{ this }}
    where as_of_date = {{ add_days(day, -1) }}
),

remembered as (
    select
        conditions.*,
        {{ day }} = {{ current_night_column('first_loaded_date') }} as is_first_loaded_day,
        previous.stage as yesterday_stage,
        previous.previous_stage as yesterday_previous_stage,
        previous.stage_since as yesterday_since,
        previous.entry_trigger as yesterday_trigger,
        previous.is_behaviour_entry as yesterday_is_behaviour_entry,
        {% for trigger in behaviour_triggers() -%}
        coalesce(previous.{{ trigger }}_days, 0) as yesterday_{{ trigger }}_days,
        {% endfor -%}
        {% for stage in held_stages() -%}
        coalesce(previous.{{ stage }}_false_days, 0) as yesterday_{{ stage }}_false_days,
        {% endfor -%}
        {% for lost in ['dormant', 'churned'] -%}
        previous.last_{{ lost }}_date as yesterday_last_{{ lost }}_date,
        previous.{{ lost }}_entry_aum_amount as yesterday_{{ lost }}_entry_aum_amount,
        previous.{{ lost }}_entry_activity_count as yesterday_{{ lost }}_entry_activity_count,
        previous.{{ lost }}_entry_active_day_count as yesterday_{{ lost }}_entry_active_day_count,
        coalesce(
            previous.last_{{ lost }}_date >= {{ add_days(day, '-conditions.won_back_days') }}, false
        ) as was_{{ lost }}_lately
        {{- ',' if not loop.last }}
        {% endfor %}
    from conditions
    left join previous on conditions.customer_id = previous.customer_id
),

losses as (
    select
        *,
        least(
            case when was_dormant_lately then yesterday_dormant_entry_activity_count end,
            case when was_churned_lately then yesterday_churned_entry_activity_count end
        ) as activity_count_at_loss,
        least(
            case when was_dormant_lately then yesterday_dormant_entry_active_day_count end,
            case when was_churned_lately then yesterday_churned_entry_active_day_count end
        ) as active_day_count_at_loss,
        least(
            case when was_dormant_lately then yesterday_dormant_entry_aum_amount end,
            case when was_churned_lately then yesterday_churned_entry_aum_amount end
        ) as aum_amount_at_loss
    from remembered
),

conditions_with_losses as (
    select
        *,
        coalesce(
            activity_count_30d >= won_back_count
            and activity_count - activity_count_at_loss >= won_back_count
            and active_day_count_30d >= won_back_active_days
            and active_day_count - active_day_count_at_loss >= won_back_active_days, false
        ) as is_won_back_activity,
        coalesce(
            aum_amount >= floor_amount and aum_amount_at_loss < floor_amount, false
        ) as is_won_back_aum
    from losses
),

counted as {{ computed_once() }} (
    select
        *,
        {% for trigger in behaviour_triggers() -%}
        case when is_{{ trigger }} then yesterday_{{ trigger }}_days + 1 else 0 end as {{ trigger }}_days,
        {% endfor -%}
        {% for stage, conditions in held_stages().items() -%}
        case
            when {{ conditions | join(' or ') }} then 0
            else yesterday_{{ stage }}_false_days + 1
        end as {{ stage }}_false_days
        {{- ',' if not loop.last }}
        {% endfor %}
    from conditions_with_losses
),

confirmed as (
    select
        *,
        {% for trigger in behaviour_triggers() -%}
        {{ trigger }}_days >= case when is_first_loaded_day then 1 else confirm_days end
            as {{ trigger }}_holds
        {{- ',' if not loop.last }}
        {% endfor %}
    from counted
),

evaluated as {{ computed_once() }} (
    select
        *,
        case
            when not is_customer and is_authorised then 'authorised_only'
            when not is_customer then 'no_account'
            when is_account_closed then 'account_closed'
            when
                yesterday_stage = 'won_back'
                and {{ days_between('yesterday_since', day) }} < won_back_days
                then yesterday_trigger
            when won_back_activity_holds then 'won_back_activity'
            when won_back_aum_holds then 'won_back_aum'
            when is_inactivity_365 then 'inactivity_365'
            when is_inactivity_180 then 'inactivity_180'
            when aum_collapse_holds then 'aum_collapse'
            when is_account_opened then 'account_opened'
            when activity_fall_holds then 'activity_fall'
            when aum_fall_holds then 'aum_fall'
            when churn_score_holds then 'churn_score'
            when is_days_on_book then 'days_on_book'
            when aum_rise_holds then 'aum_rise'
            when product_more_holds then 'product_more'
            else 'rest'
        end as evaluated_trigger
    from confirmed
),

compared as (
    select
        evaluated.*,
        triggers.stage as evaluated_stage,
        triggers.kind as evaluated_kind,
        coalesce(
            evaluated.yesterday_is_behaviour_entry
            and yesterday.stage_order < today.stage_order
            and (triggers.kind = 'behaviour' or triggers.trigger_code = 'rest')
            and case evaluated.yesterday_stage
                {% for stage in held_stages() -%}
                when '{{ stage }}' then evaluated.{{ stage }}_false_days < evaluated.exit_days
                {% endfor -%}
                else false
            end, false
        ) as is_held
    from evaluated
    inner join triggers on evaluated.evaluated_trigger = triggers.trigger_code
    inner join stages as today on triggers.stage = today.stage
    left join stages as yesterday on evaluated.yesterday_stage = yesterday.stage
),

staged as (
    select
        *,
        case when is_held then yesterday_stage else evaluated_stage end as stage,
        not is_held and (yesterday_stage is null or yesterday_stage <> evaluated_stage) as is_entered
    from compared
),

final as (
    select
        customer_id,
        {{ day }} as as_of_date,
        stage,
        case when is_entered then yesterday_stage else yesterday_previous_stage end as previous_stage,
        case when is_entered then {{ day }} else yesterday_since end as stage_since,
        case
            when not is_entered then yesterday_trigger
            when is_first_loaded_day then 'initial_load'
            else evaluated_trigger
        end as entry_trigger,
        case
            when is_entered then evaluated_kind = 'behaviour' else yesterday_is_behaviour_entry
        end as is_behaviour_entry,
        case when stage = 'none' then evaluated_trigger end as none_reason,
        {% for trigger in behaviour_triggers() -%}
        cast({{ trigger }}_days as smallint) as {{ trigger }}_days,
        {% endfor -%}
        {% for stage in held_stages() -%}
        cast({{ stage }}_false_days as smallint) as {{ stage }}_false_days,
        {% endfor -%}
        {% for lost in ['dormant', 'churned'] -%}
        case when stage = '{{ lost }}' then {{ day }} else yesterday_last_{{ lost }}_date end
            as last_{{ lost }}_date,
        {% for measure in ['aum_amount', 'activity_count', 'active_day_count'] -%}
        case
            when stage = '{{ lost }}' and is_entered then {{ measure }}
            else yesterday_{{ lost }}_entry_{{ measure }}
        end as {{ lost }}_entry_{{ measure }}
        {{- ',' if not loop.last }}
        {% endfor -%}
        {{- ',' if not loop.last }}
        {% endfor %}
    from staged
)

select * from final
