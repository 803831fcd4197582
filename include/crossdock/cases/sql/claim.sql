-- One drain at a time groups; what it takes is gone when it commits, and is there again when it does not.
with taken as (
    delete from ops.pending_detections
    where pending_id in (select pending_id from ops.pending_detections order by pending_id limit %(limit)s)
    returning detection_id
)

insert into pg_temp.case_claimed
select distinct detection_id from taken
