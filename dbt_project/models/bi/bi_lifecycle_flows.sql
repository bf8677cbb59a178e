{{ config(alias='bi_lifecycle_flows__build') }}

{%- set is_small = attr_is_small('customer_count') %}

with

transitions as (

    select
        customer_id,
        {{ first_of_month('transition_date') }} as period_month,
        coalesce(from_stage, '(new)') as from_stage,
        coalesce(to_stage, '(merged)') as to_stage,
        trigger
    from {{ ref('lifecycle_transitions') }}
    where transition_date <= {{ night_date() }}
        and transition_date >= {{ first_of_month(add_days(night_date(), -attr_restatement_days())) }}

),

flows as (

    select
        period_month,
        from_stage,
        to_stage,
        trigger,
        count(distinct customer_id) as customer_count
    from transitions
    group by period_month, from_stage, to_stage, trigger

),

ranked as (

    select
        flows.*,
        {{ attr_group_ranks('period_month', 'from_stage, to_stage, trigger', is_small, 'customer_count') }}
    from flows

),

labelled as (

    select
        ranked.*,
        {{ attr_is_pooled(is_small, 'customer_count') }} as is_pooled
    from ranked

),

-- a customer may stand behind several cells of the pool: it is counted anew
shown as (

    select
        transitions.period_month,
        {% for column in ['from_stage', 'to_stage', 'trigger'] -%}
        case when labelled.is_pooled then {{ attr_pool_label() }} else transitions.{{ column }} end
            as {{ column }},
        {% endfor -%}
        count(*) as transition_count,
        count(distinct transitions.customer_id) as customer_count
    from transitions
    inner join labelled
        on transitions.period_month = labelled.period_month
        and transitions.from_stage = labelled.from_stage
        and transitions.to_stage = labelled.to_stage
        and transitions.trigger = labelled.trigger
    group by 1, 2, 3, 4

),

final as (

    select
        {{ night_date() }} as as_of_date,
        {{ current_night_column('night_id') }} as night_id,
        period_month,
        from_stage,
        to_stage,
        trigger,
        case when customer_count >= {{ attr_least_group() }} then transition_count end as transition_count,
        case when customer_count >= {{ attr_least_group() }} then customer_count end as customer_count,
        customer_count < {{ attr_least_group() }} as is_suppressed
    from shown

)

select * from final
