{#-
  Fails on a key that this run wrote and that stands under two dates. Under one date the table's own
  index forbids it, so only keys that an earlier night may have written are looked up; on a historic
  pass, all.
-#}
{% test unique_where_touched(model, column_name, touched) %}
select {{ column_name }}, count(*) as row_count
from {{ model }}
{% if not run_covers_all_days() -%}
where {{ column_name }} in (select listed.{{ column_name }} from {{ touched }} as listed where listed.may_exist)
{% endif -%}
group by {{ column_name }}
having count(*) > 1
{% endtest %}
