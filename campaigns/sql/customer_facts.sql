-- One row per customer of the candidates: what no strategy or channel changes.
create temporary table customer_facts on commit drop as
select
    customers.*,
    for_all.valid_from as suppressed_from,
    total_cap.customer_id is not null as is_over_total_cap,
    last_touches.touch_date as last_touch_date,
    universal_members.customer_id is not null as is_universal_member
from activation.act_customers as customers
left join suppression_hits as for_all
    on customers.customer_id = for_all.customer_id
    and for_all.scope = 'all'
left join cap_hits as total_cap
    on customers.customer_id = total_cap.customer_id
    and total_cap.scope = 'total'
left join last_touches on customers.customer_id = last_touches.customer_id
left join universal_members on customers.customer_id = universal_members.customer_id
where customers.customer_id in (select customer_id from candidates)
