create temporary table published_nights on commit drop as
select as_of_date as night_date
from ops.publications
where table_name = 'publication.list_rows' and status = 'in_force' and as_of_date < %(night)s
