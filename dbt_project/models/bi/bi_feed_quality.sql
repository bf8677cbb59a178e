{{ config(alias='bi_feed_quality__build') }}

with

audit as (

    select
        arrived_date,
        feed,
        count(*) as file_count,
        sum(rows_read) as rows_read,
        sum(rows_loaded) as rows_loaded,
        sum(rows_quarantined) as rows_quarantined,
        sum(rows_deduplicated) as rows_deduplicated,
        sum(rows_deferred) as rows_deferred,
        max(case when unverified_total then 1 else 0 end) = 1 as has_unverified_total
    from {{ source('ops', 'load_audit') }}
    group by arrived_date, feed

),

statuses as (

    select *
    from {{ source('ops', 'feed_status') }}
    where arrived_date <= {{ night_date() }}
        and arrived_date > {{ add_days(night_date(), -attr_restatement_days()) }}

),

final as (

    select
        statuses.arrived_date as as_of_date,
        {{ current_night_column('night_id') }} as night_id,
        statuses.feed,
        statuses.status,
        statuses.reason,
        cast(coalesce(audit.file_count, 0) as bigint) as file_count,
        cast(coalesce(audit.rows_read, 0) as bigint) as rows_read,
        cast(coalesce(audit.rows_loaded, 0) as bigint) as rows_loaded,
        cast(coalesce(audit.rows_quarantined, 0) as bigint) as rows_quarantined,
        cast(coalesce(audit.rows_deduplicated, 0) as bigint) as rows_deduplicated,
        cast(coalesce(audit.rows_deferred, 0) as bigint) as rows_deferred,
        coalesce(audit.has_unverified_total, false) as has_unverified_total
    from statuses
    left join audit on statuses.arrived_date = audit.arrived_date and statuses.feed = audit.feed

)

select * from final
