delete from activation.universal_control
where assigned_date not in (select night_date from published_nights)
