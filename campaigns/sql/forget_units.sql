delete from activation.units
where opened_date not in (select night_date from published_nights)
