-- One case with the decision its repair came from, what still is wrong, and whether the feeds have been read since.
-- An exception that went away by itself leaves the last attempt of which something stands to be looked at.
with looked as (
    select
        c.case_id,
        coalesce(e.event = 'look_again', false) as is_again,
        case e.event when 'look_again' then ops.repair_attempt(c.case_id) else c.attempt end as attempt
    from ops.cases as c
    left join lateral (
        select v.event from ops.case_events as v
        where v.case_id = c.case_id and v.to_state = 'verifying'
        order by v.event_id desc
        limit 1
    ) as e on true
    where c.case_id = %(case_id)s
),

told as (
    select
        l.attempt,
        l.is_again,
        max(a.acknowledged_as_of) as told_at,
        max(a.decision_id) as decision_id,
        array_agg(distinct a.partner_id) as partners
    from looked as l
    left join ops.actions as a
        on a.case_id = l.case_id and a.attempt = l.attempt and a.compensates is null
        and (a.state in ('acknowledged', 'verified') or (a.state = 'failed' and a.error_class = 'Disagreement'))
    group by l.attempt, l.is_again
),

-- Since when the systems can show it: what had still to come when it was read, as a ticket that nobody had solved, gets
-- the whole patience afterwards.
shown as (
    select greatest(t.told_at, max(v.read_as_of)) as shown_at
    from told as t
    left join ops.verifications as v on v.case_id = %(case_id)s and v.attempt = t.attempt and not v.agrees
    group by t.told_at
)

select
    c.case_id,
    c.state,
    t.attempt,
    t.is_again,
    c.updated_at,
    ref.as_of() as now,
    t.told_at,
    s.shown_at,
    d.playbook,
    coalesce(p.content ->> 'holds_for', '1 day')::interval as holds_for,
    coalesce(p.content ->> 'patience', '12 hours')::interval as patience,
    (
        select coalesce(array_agg(distinct e.exception_code), '{}')
        from ops.case_symptoms as y
        join ops.detections as e using (detection_id)
        where y.case_id = c.case_id
    ) as symptoms,
    (
        select coalesce(array_agg(distinct e.exception_code), '{}')
        from ops.case_symptoms as y
        join ops.detections as e using (detection_id)
        where y.case_id = c.case_id and e.cleared_at is null
    ) as open_symptoms,
    not exists (
        select from ref.feeds as f
        left join raw.cursors as r using (feed_id)
        where f.partner_id = any(t.partners) and f.is_active and f.mode <> 'push'
            and coalesce(r.derived_through_at, '-infinity') < s.shown_at
    ) as is_read_since
from ops.cases as c
cross join told as t
cross join shown as s
left join ops.decisions as d on d.decision_id = t.decision_id
left join ops.policies as p on p.policy_id = d.policy_id and p.version = d.policy_version
where c.case_id = %(case_id)s
