delete from activation.ghost_rows
where opened_date not in (select night_date from published_nights)
