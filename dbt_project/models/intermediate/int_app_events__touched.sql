{{ config(pre_hook="{{ favour_index_lookups() }}") }}

{%- set unless_all = 'false and ' if run_covers_all_days() else '' %}

with

entered as (

    select event_id, {{ night_date() }} as touched_night, 0 as is_repeated
    from {{ ref('stg_landing__app_events_versions') }} as versions
    where {{ unless_all }}{{ entered_in_this_run('versions') }}
    {% if has_earlier_attempts() %}
    union all
    {{ of_earlier_attempts(['event_id'], ['1']) }}
    {% endif %}

),

touched as (

    select
        event_id,
        max(touched_night) as touched_night,
        max(is_repeated) as is_repeated
    from entered
    group by event_id

),

-- an event that was loaded by an earlier attempt and is gone has no version: it is to be removed
final as (

    select
        touched.event_id,
        touched.touched_night,
        row_number() over (
            partition by touched.event_id
            order by versions.updated_at desc nulls last, versions.arrived_date desc
        ) = 1 and versions.event_id is not null as is_in_force,
        max(case when touched.is_repeated = 1 or versions.enters_date < {{ span_from() }} then 1 else 0 end)
            over (partition by touched.event_id) = 1 as may_exist,
        versions.party_id,
        versions.session_id,
        versions.event_at,
        versions.event_date,
        versions.event_name,
        versions.page,
        versions.product_id,
        versions.source_campaign_id,
        versions.channel
    from touched
    left join {{ ref('stg_landing__app_events_versions') }} as versions
        on touched.event_id = versions.event_id

)

select * from final
