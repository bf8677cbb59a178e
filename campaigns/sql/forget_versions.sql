delete from activation.strategy_versions
where first_night not in (select night_date from published_nights)
