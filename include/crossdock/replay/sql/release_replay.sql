-- Who let it go.
update ops.replays
set released_by = %(by)s, released_at = clock_timestamp()
where replay_id = %(replay_id)s
