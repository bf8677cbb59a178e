update activation.units
set closed_date = null, closed_reason = null, closed_night = null
where closed_night not in (select night_date from published_nights)
