-- These records, whether they wait or not; one that waited is done with.
with taken as (
    delete from raw.pending_records where record_id = any(%(records)s)
)

insert into pg_temp.claimed
select r.record_id, r.feed_id, r.native_id
from raw.records as r
where r.record_id = any(%(records)s)
