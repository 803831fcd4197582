-- Deadlines of living cases and waiting approvals that are near or have passed, in business time.
-- `offset 0`: the cause is looked up a case at a time, whatever the planner thinks of tables that have just grown.
with now as (
    select ref.as_of() as as_of
),

living as (
    select
        c.*,
        c.sla_due_at - l.resolve_within * %(at_risk_share)s as at_risk_at
    from ops.cases as c
    join ref.service_levels as l using (severity)
    where c.close_reason is null and c.state <> 'resolved'
        -- Not what a replay holds.
        and not coalesce((
            select (r.data ->> 'is_replay')::boolean from ops.case_events as r
            where r.case_id = c.case_id and r.data ? 'is_replay'
            order by r.event_id desc limit 1
        ), false)
),

deadlines as (
    select 'sla_passed' as event, sla_due_at as deadline_at, c.*
    from living as c, now
    where c.sla_due_at <= as_of and c.sla_due_at > as_of - %(news_within)s::interval
    union all
    select 'sla_at_risk', sla_due_at, c.*
    from living as c, now
    where c.at_risk_at <= as_of and c.sla_due_at > as_of
),

expiring as (
    select a.*
    from ops.approvals as a, now
    where a.state = 'waiting' and a.expires_as_of > as_of
        and a.expires_as_of <= as_of + %(approval_expiring)s::interval
),

dead as (
    select a.* from ops.actions as a
    where a.state = 'dead' and coalesce(a.sent_at, a.proposed_at) >= clock_timestamp() - %(news_within)s::interval
),

final as (
    select
        'business' as kind, d.event, d.event || ':' || d.case_id || ':' || extract(epoch from d.deadline_at)::bigint as item_key,
        w.cause, w.title, d.severity, d.lead_code as code, array[d.owner_queue] as queues, d.assignee as person,
        d.case_id, d.order_id, null::text as fact, clock_timestamp() as happened_at, true as is_news
    from deadlines as d
    cross join lateral (select * from ops.case_causes as w where w.case_id = d.case_id offset 0) as w
    union all
    select
        'business', 'approval_expiring', 'approval_expiring:' || e.approval_id,
        w.cause, w.title, c.severity, c.lead_code, e.may_answer, c.assignee,
        c.case_id, c.order_id, null, clock_timestamp(), true
    from expiring as e
    join ops.cases as c using (case_id)
    cross join lateral (select * from ops.case_causes as w where w.case_id = e.case_id offset 0) as w
    union all
    select
        'business', 'action_dead', 'action_dead:' || d.action_id,
        'command/' || d.command || '/' || d.partner_id, d.command || ', partner ' || d.partner_id,
        c.severity, c.lead_code, array[c.owner_queue, 'integration'], c.assignee,
        c.case_id, c.order_id, d.command || ' given up after ' || d.tries || ' tries', clock_timestamp(), true
    from dead as d
    join ops.cases as c using (case_id)
)

insert into pg_temp.found select * from final
