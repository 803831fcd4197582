-- Cases that still live and are still held are let go, in their history.
with living as (
    update ops.cases
    set next_action = 'Decide what to do', next_actor = 'crossdock', updated_at = clock_timestamp()
    where case_id = any(%(cases)s) and state in ('open', 'reopened')
    returning case_id
)

select ops.note_case(
    case_id, 'replay', %(by)s, 'person', 'Let go: to be dealt with as any other.',
    jsonb_build_object('replay_id', %(replay_id)s::bigint, 'is_replay', false)
)
from living
order by case_id
