create temporary table universal_members on commit drop as
select distinct members.customer_id
from activation.universal_control as members
inner join activation.act_universal_control as rules
    on members.salt_version = rules.salt_version
    and %(night)s between rules.valid_from and rules.end_date
where members.is_member
