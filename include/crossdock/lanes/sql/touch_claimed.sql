-- The objects whose versions just arrived.
insert into pg_temp.touched_objects
select distinct c.feed_id, c.native_id, f.feed_type
from pg_temp.claimed as c
join ref.feeds as f using (feed_id)
