-- Into the history of a case that a replay touched; `is_replay` keeps it from being decided and told.
with held as (
    update ops.cases
    set next_action = 'Let the replay go, or dismiss the case', next_actor = owner_queue, updated_at = clock_timestamp()
    where case_id = %(case_id)s and %(is_held)s
)

select ops.note_case(%(case_id)s, 'replay', %(by)s, 'person', %(reason)s, %(data)s)
