-- What each role may do. The roles themselves are made by `crossdock.stack.postgres` or by the DBA (docs/reference/roles.md).

create schema if not exists staging authorization crossdock_dbt;
create schema if not exists canonical authorization crossdock_dbt;
create schema if not exists exceptions authorization crossdock_dbt;
create schema if not exists marts authorization crossdock_dbt;
create schema if not exists lane authorization crossdock_dbt;

grant usage on schema raw, ref, ops, staging, canonical, exceptions, marts, lane to crossdock_app, crossdock_dbt, auditor;
grant select, insert, update, delete on all tables in schema raw, ref, ops to crossdock_app;
grant usage on all sequences in schema raw, ref, ops to crossdock_app;
grant select on all tables in schema raw, ref, ops to crossdock_dbt, auditor;
grant insert on ops.lane_drift to crossdock_dbt;
grant delete on ops.touched_threads to crossdock_dbt;
grant usage on all sequences in schema ops to crossdock_dbt;

alter default privileges for role crossdock_dbt in schema canonical grant select, insert, update, delete on tables to crossdock_app;
alter default privileges for role crossdock_dbt in schema staging, exceptions, marts, lane grant select on tables to crossdock_app;
alter default privileges for role crossdock_dbt in schema staging, canonical, exceptions, marts grant select on tables to auditor;
alter default privileges for role crossdock_dbt in schema marts grant select on tables to bi_reader;
grant usage on schema marts to bi_reader;
