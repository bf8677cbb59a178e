delete from activation.campaigns
where first_night not in (select night_date from published_nights)
