with

versions as (

    select * from {{ ref('stg_landing__app_events_versions') }}

),

attempts as (

    select event_id, {{ night_date() }} as touched_night
    from versions
    where {{ 'false' if run_covers_all_days() else entered_in_this_run('versions') }}
    {% if has_earlier_attempts() %}
    union all
    {{ of_earlier_attempts(['event_id']) }}
    {% endif %}

),

final as (

    select event_id, max(touched_night) as touched_night
    from attempts
    group by event_id

)

select * from final
