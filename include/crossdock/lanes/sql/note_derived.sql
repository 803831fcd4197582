-- The queue held nothing more: all that was read so far is derived when this transaction commits.
update raw.cursors as c
set derived_through_at = r.read_through_at
from pg_temp.read_through as r
where r.feed_id = c.feed_id and c.derived_through_at is distinct from r.read_through_at
