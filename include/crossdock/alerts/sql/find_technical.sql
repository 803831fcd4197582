-- What is wrong with the platform now, by the wall clock. One row a thing and hour, so that what lasts is told again.
with now as (
    select %(now)s::timestamptz as at, date_trunc('hour', %(now)s::timestamptz, 'UTC') as hour
),

circuits as (
    select
        'circuit_open' as event,
        'endpoint ' || endpoint as cause,
        extract(epoch from coalesce(opened_at, last_failure_at, at))::bigint::text as episode,
        'Endpoint ' || endpoint || ' is not called' as title,
        'high' as severity,
        failures_count || ' failures in a row; last success ' || coalesce(to_char(last_success_at, 'YYYY-MM-DD HH24:MI "UTC"'), 'never') as fact
    from ops.endpoints, now
    where circuit = 'open'
),

stalled as (
    select
        'feed_stalled',
        'feed ' || f.partner_id || '/' || f.feed,
        extract(epoch from hour)::bigint::text,
        'Feed ' || f.partner_id || '/' || f.feed || ' is not read',
        case p.criticality when 'critical' then 'critical' when 'high' then 'high' else 'medium' end,
        'last read ' || to_char(r.started_at, 'YYYY-MM-DD HH24:MI "UTC"')
    from now
    cross join ref.feeds as f
    join ref.partners as p using (partner_id)
    cross join lateral (
        select r.started_at from raw.runs as r
        where r.feed_id = f.feed_id and r.status = 'done' order by r.started_at desc limit 1
    ) as r
    where f.is_active and p.is_active and f.mode <> 'push'
        and r.started_at < at - greatest(
            make_interval(secs => %(stalled_intervals)s * coalesce((f.settings ->> 'every_seconds')::double precision, 60)),
            %(stalled_at_least)s::interval)
),

growing as (
    select
        'quarantine_growing',
        concat_ws(' ', 'quarantine', f.partner_id || '/' || f.feed, q.field, q.rule),
        extract(epoch from hour)::bigint::text,
        concat_ws(' ', 'Quarantine of', f.partner_id || '/' || f.feed, 'grows:', q.field, q.rule),
        'medium',
        count(*) || ' records set aside lately'
    from now
    cross join ops.quarantine as q
    join ref.feeds as f using (feed_id)
    where q.state = 'open' and q.quarantined_at >= at - %(quarantine_within)s::interval
    group by f.partner_id, f.feed, q.field, q.rule, hour
    having count(*) >= %(quarantine_rows)s
),

lag as (
    select
        'lane_lag', 'fast lane', extract(epoch from hour)::bigint::text, 'Records wait for the fast lane', 'high',
        'the oldest since ' || to_char(r.landed_at, 'YYYY-MM-DD HH24:MI "UTC"')
    from now
    cross join (select min(record_id) as record_id from raw.pending_records) as oldest
    join raw.records as r using (record_id)
    where r.landed_at < at - %(lane_lag)s::interval
),

drift as (
    select
        'lane_drift', 'model ' || d.model, d.drift_id::text, 'Model ' || d.model || ' drifted', 'high',
        d.missing_count || ' rows missing, ' || d.extra_count || ' too many'
    from ops.lane_drift as d, now
    where d.found_at >= at - %(news_within)s::interval and d.missing_count + d.extra_count > 0
),

dead as (
    select
        'process_dead', 'process ' || name, extract(epoch from hour)::bigint::text,
        'Process ' || name || ' is not there', 'critical', 'no session crossdock ' || name
    from now
    cross join unnest(%(processes)s::text[]) as name
    where not exists (
        select from pg_stat_activity
        where datname = current_database() and application_name = 'crossdock ' || name
    )
),

stuck as (
    select
        'outbox_stuck', 'partner ' || a.partner_id, extract(epoch from hour)::bigint::text,
        'Commands to ' || a.partner_id || ' are not settled', 'high',
        count(*) || ' sent and not settled since ' || to_char(min(a.sent_at), 'YYYY-MM-DD HH24:MI "UTC"')
    from now
    cross join ops.actions as a
    where a.state = 'sent' and a.sent_at < at - %(outbox_stuck)s::interval
    group by a.partner_id, hour
),

recovery as (
    select
        'recovery_missed', 'recovery ' || r.event_type || ' ' || r.source, extract(epoch from hour)::bigint::text,
        t.title || ' from ' || r.source || ' missed its objective',
        case r.criticality when 'critical' then 'critical' when 'high' then 'high' when 'low' then 'low' else 'medium' end,
        concat_ws(
            '; ',
            'interrupted since ' || to_char(r.began_at, 'YYYY-MM-DD HH24:MI "UTC"') || ', current again within '
            || r.recover_within || ' is the objective',
            case when r.is_age_missed
                then 'data up to ' || date_trunc('minute', r.worst_age) || ' old, ' || r.data_age_limit || ' allowed' end,
            'cause: ' || array_to_string(r.causes, ', ')
        )
    from now
    cross join ops.recoveries as r
    join ref.fulfillment_event_types as t using (event_type)
    where r.ended_at is null and (r.is_age_missed or at > r.began_at + r.recover_within)
),

everything as (
    select * from circuits
    union all select * from stalled
    union all select * from growing
    union all select * from lag
    union all select * from drift
    union all select * from dead
    union all select * from stuck
    union all select * from recovery
)

insert into pg_temp.found
select
    'technical', event, event || ':' || cause || ':' || episode, cause, title, severity, null, array['integration'],
    null, null, null, fact, at, true
from everything, now
