-- Every place where the history is not what was sealed, in one pass over it.
with sealed as (
    select
        c.position,
        c.event_id,
        c.previous_hash,
        c.hash,
        lag(c.hash, 1, ''::bytea) over (order by c.position) as hash_before,
        lag(c.position, 1, 0::bigint) over (order by c.position) as position_before
    from ops.audit_chain as c
),

events as (
    select s.*, e.event_id as found_id, e.case_id, e.event, ops.event_digest(s.previous_hash, e) as digest
    from sealed as s
    left join ops.case_events as e on e.event_id = s.event_id
),

-- A case is where its last move left it.
last_moves as (
    select distinct on (case_id) case_id, event_id, event, to_state
    from ops.case_events
    where to_state is not null
    order by case_id, event_id desc
),

problems as (
    select position, event_id, case_id, event, 'changed' as problem, 'the event is not what was sealed' as detail
    from events
    where found_id is not null and digest <> hash
    union all
    select position, event_id, null, null, 'removed', 'the event was sealed and is gone'
    from events
    where found_id is null
    union all
    select position, event_id, case_id, event, 'broken', 'its seal does not follow from the one before'
    from events
    where previous_hash <> hash_before or position <> position_before + 1
    union all
    select null, e.event_id, e.case_id, e.event, 'inserted', 'the event was never sealed'
    from ops.case_events as e
    where not exists (select from ops.audit_chain as c where c.event_id = e.event_id)
    union all
    select h.position, c.event_id, null, null, 'rewritten',
        'position ' || h.position || ' as told to ' || h.exported_to || ' is '
        || case when c.position is null then 'gone' else 'another' end
    from ops.audit_heads as h
    left join ops.audit_chain as c on c.position = h.position
    where c.hash is distinct from h.hash
    union all
    select null, m.event_id, c.case_id, m.event, 'moved',
        'the case is ' || c.state || ', its history says ' || coalesce(m.to_state, 'nothing')
    from ops.cases as c
    left join last_moves as m on m.case_id = c.case_id
    where c.state is distinct from m.to_state
)

select position, event_id, case_id, event, problem, detail
from problems
order by coalesce(position, 0), event_id, problem
