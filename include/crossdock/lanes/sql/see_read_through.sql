-- How far each feed has been read, before the queue is looked at: what was read by then is in the queue or behind it.
insert into pg_temp.read_through select feed_id, read_through_at from raw.cursors where read_through_at is not null
