-- The deadlines of the touched threads are set anew below.
delete from ops.due_times as d using pg_temp.touched_threads as t where t.thread_id = d.thread_id
