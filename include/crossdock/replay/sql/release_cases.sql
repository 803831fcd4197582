-- Cases that still live and are still held are let go, in their history.
select ops.note_case(
    c.case_id, 'replay', %(by)s, 'person', 'Let go: to be dealt with as any other.',
    jsonb_build_object('replay_id', %(replay_id)s::bigint, 'is_replay', false)
)
from ops.cases as c
where c.case_id = any(%(cases)s) and c.close_reason is null
order by c.case_id
