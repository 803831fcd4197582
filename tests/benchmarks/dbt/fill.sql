-- Orders of three lines with two events; a third of them picked, a third shipped.
create schema if not exists staging;
create schema if not exists canonical;
create schema if not exists exceptions;
create schema if not exists ops;
create schema if not exists lane;
create table ops.lane_drift (model text, missing_count bigint, extra_count bigint);
create table canonical.orders_in as
select 'o/' || n as thread_id, timestamptz '2026-01-01Z' + n % 1000 * interval '1 minute' as ordered_at,
    timestamptz '2026-01-10Z' + n % 30 * interval '1 day' as promised_at
from generate_series(1, :orders) as n;
create table canonical.lines_in as
select 'o/' || n as thread_id, l as line_number, 'SKU-' || (n + l) % 5000 as sku, (1 + (n + l) % 9)::numeric as ordered_qty
from generate_series(1, :orders) as n, generate_series(1, 3) as l;
create table canonical.events_in as
select 'o/' || n as thread_id, 1 + (n + e) % 3 as line_number, case when n % 3 = 0 then 'shipped' else 'picked' end as state,
    (1 + n % 9)::numeric as qty, timestamptz '2026-01-02Z' + (n + e) % 5000 * interval '1 minute' as occurred_at
from generate_series(1, :orders) as n, generate_series(1, 2) as e;
alter table canonical.orders_in add primary key (thread_id);
create index on canonical.lines_in (thread_id);
create index on canonical.events_in (thread_id);
vacuum analyze;
