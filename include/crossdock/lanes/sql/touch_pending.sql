-- Threads that must be made anew though no record of theirs arrived: something of ours changed that they show.
with taken as (
    delete from ops.pending_threads
    where thread_id in (
        select thread_id from ops.pending_threads order by thread_id limit %(limit)s for update skip locked
    )
    returning thread_id
)

insert into pg_temp.touched_threads select thread_id from taken
