-- Into the history of a case that a replay touched; `is_replay` keeps it from being decided and told.
select ops.note_case(%(case_id)s, 'replay', %(by)s, 'person', %(reason)s, %(data)s)
