{{ config(
    materialized='partitioned_incremental',
    partition_by={'column': 'night_date', 'grain': 'month'},
    touched={'by': 'span'}
) }}

with

decisions as (

    select *
    from {{ source('activation', 'decisions') }}
    where night_date <= {{ night_date() }}
        {%- if is_partial_build() %}
        and night_date >= {{ span_from() }}
        {%- endif %}

),

final as (

    select
        night_date,
        strategy_id,
        campaign_id,
        channel,
        outcome,
        reason,
        count(*) as customer_count
    from decisions
    group by night_date, strategy_id, campaign_id, channel, outcome, reason

)

select * from final
