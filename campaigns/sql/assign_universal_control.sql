-- Frozen at first appearance: membership is a hash of salt and customer against the share of the
-- stratum. Sorted, so that all is read before the first row is written: a fresh table has no
-- statistics, and a plan that reads it while it grows takes minutes.
insert into activation.universal_control (
    customer_id, salt_version, stratum, is_member, assigned_date
)
select
    customers.customer_id,
    rules.salt_version,
    customers.stratum,
    ('x' || substr(md5(rules.salt || '|' || customers.customer_id), 1, 8))::bit(32)::bigint
    < floor(rules.control_share * 4294967296) as is_member,
    %(night)s
from activation.act_customers as customers
inner join activation.act_universal_control as rules
    on customers.stratum = rules.stratum
    and %(night)s between rules.valid_from and rules.end_date
where not exists (
    select from activation.universal_control as known
    where known.customer_id = customers.customer_id
        and known.salt_version = rules.salt_version
)
order by customers.customer_id, rules.salt_version
