-- What happened to cases after %(after)s in the chain and up to %(through)s.
with fresh as (
    select
        e.event_id,
        e.case_id,
        e.happened_at,
        e.as_of,
        e.data,
        case
            when e.event = 'open' then 'case_opened'
            when e.to_state = 'reopened' then 'case_reopened'
            when e.event = 'ask' then 'approval_waiting'
            when e.event = 'resolve' then 'case_resolved'
            when e.event = 'assign' and e.data ->> 'assignee' is not null then 'case_assigned'
        end as event
    from ops.audit_chain as h
    join ops.case_events as e using (event_id)
    where h.position > %(after)s and h.position <= %(through)s
),

final as (
    select
        'business' as kind,
        f.event,
        'event:' || f.event_id as item_key,
        w.cause,
        w.title,
        c.severity,
        c.lead_code as code,
        coalesce(
            case when f.event = 'approval_waiting' then (
                select a.may_answer from ops.approvals as a
                where a.case_id = c.case_id order by a.approval_id desc limit 1
            ) end,
            array[c.owner_queue]
        ) as queues,
        coalesce(f.data ->> 'assignee', c.assignee) as person,
        c.case_id,
        c.order_id,
        null::text as fact,
        f.happened_at,
        f.as_of >= ref.as_of() - %(news_within)s::interval
            and (f.event <> 'case_opened' or c.since_at >= f.as_of - %(news_within)s::interval)
            and not h.is_held as is_news
    from fresh as f
    join ops.cases as c using (case_id)
    cross join lateral (select * from ops.case_causes as w where w.case_id = f.case_id offset 0) as w
    -- A replay opened it or brought it back, and nobody has let it go since.
    cross join lateral (
        select coalesce((
            select (r.data ->> 'is_replay')::boolean from ops.case_events as r
            where r.case_id = f.case_id and r.data ? 'is_replay'
            order by r.event_id desc limit 1
        ), false) as is_held
    ) as h
    where f.event is not null
)

insert into pg_temp.found select * from final
