create temporary table availability on commit drop as
select
    coalesce(bool_or(is_available) filter (where feed = 'consents'), false) as consents,
    coalesce(bool_or(is_available) filter (where feed = 'suppressions'), false) as suppressions,
    coalesce(bool_or(is_available) filter (where feed = 'contacts'), false) as contacts,
    coalesce(bool_or(is_available) filter (where feed = 'credit_status'), false) as credit_status,
    coalesce(bool_or(is_available) filter (where feed = 'risk_assessments'), false)
        as risk_assessments
from activation.act_feeds
