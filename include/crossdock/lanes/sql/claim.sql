-- Take work off the queue. The rows come back if this transaction does not commit.
with taken as (
    delete from raw.pending_records
    where record_id in (
        select record_id from raw.pending_records order by record_id limit %(limit)s for update skip locked
    )
    returning record_id
)

insert into pg_temp.claimed
select r.record_id, r.feed_id, r.native_id
from taken
join raw.records as r using (record_id)
