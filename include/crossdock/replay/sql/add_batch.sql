-- One more batch is done, by the transaction that did it.
update ops.replays
set
    batches_done_count = batches_done_count + 1,
    counts = %(counts)s,
    held_cases = held_cases || %(cases)s::bigint[],
    held_documents = held_documents || %(documents)s::bigint[]
where replay_id = %(replay_id)s
