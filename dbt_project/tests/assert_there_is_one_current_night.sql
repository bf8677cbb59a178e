-- Anything but one row in ops.current_night, or a span that ends before it starts: every model
-- would silently build nothing, or the wrong days.
select count(*) as row_count
from {{ source('ops', 'current_night') }}
where span_from <= night_date
    and first_loaded_date <= span_from
having count(*) <> 1
