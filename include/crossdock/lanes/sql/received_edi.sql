-- The claimed records that came by EDI and may have to be answered.
select c.record_id
from pg_temp.claimed as c
join ref.feeds as f using (feed_id)
where f.feed_type = 'x12.interchanges'
order by c.record_id
