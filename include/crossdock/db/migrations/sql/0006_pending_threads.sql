-- The lane's third queue: threads to make anew because something of ours changed that they show, as a document sent.
create table ops.pending_threads (
    thread_id text primary key
);
create trigger wake after insert on ops.pending_threads for each statement execute function raw.wake();
grant select, insert, delete, update on ops.pending_threads to crossdock_app;
grant select on ops.pending_threads to crossdock_dbt, auditor;
