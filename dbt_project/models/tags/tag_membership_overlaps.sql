{{
    config(
        materialized='partitioned_incremental',
        partition_by={'column': 'as_of_date', 'grain': 'month'},
        touched={'by': 'dates'}
    )
}}

with

memberships as (
    select * from {{ ref('tag_memberships') }} where as_of_date = {{ night_date() }}
),

final as (
    select
        one.as_of_date,
        one.rule_set,
        one.segment_code,
        other.segment_code as other_segment_code,
        cast(count(*) as integer) as customer_count,
        cast(sum(case when one.is_primary then 1 else 0 end) as integer) as primary_count
    from memberships as one
    inner join memberships as other
        on one.customer_id = other.customer_id and one.rule_set = other.rule_set
    group by one.as_of_date, one.rule_set, one.segment_code, other.segment_code
)

select * from final
