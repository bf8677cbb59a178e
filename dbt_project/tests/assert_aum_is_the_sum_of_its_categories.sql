-- A row means: a customer's AUM tonight is not the sum of its categories, or it is missing without
-- a reason, so a report by category would disagree with the total.
select customer_id, as_of_date, aum_amount, aum_null_reason
from {{ ref('fct_customer_aum') }}
where
    as_of_date = {{ night_date() }}
    and (
        aum_amount <> {% for category in aum_categories() %}{{ category }}_amount{{ ' + ' if not loop.last }}{% endfor %}
        or (aum_amount is null) <> (aum_null_reason is not null)
    )
