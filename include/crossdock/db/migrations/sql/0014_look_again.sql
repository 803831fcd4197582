-- What was repaired is read before its case is closed, also where the exception went away by itself meanwhile.
insert into ref.transitions (machine, from_state, event, to_state, moved_by, sentence) values
    ('case', 'triaged', 'look_again', 'verifying', 'system',
        'The exception went away after a repair: every system is read again.'),
    ('case', 'reopened', 'look_again', 'verifying', 'system',
        'The exception went away after a repair: every system is read again.'),
    ('action', 'failed', 'verify', 'verified', 'system', 'The system was read once more and shows the target state.');

create function ops.repair_attempt(p_case bigint) returns integer language sql stable as $$
    select max(a.attempt)
    from ops.actions as a
    join ops.decisions as d using (decision_id)
    where a.case_id = p_case and a.compensates is null and d.playbook <> 'service_desk'
        and (a.state in ('acknowledged', 'verified') or (a.state = 'failed' and a.error_class = 'Disagreement'))
$$;
comment on function ops.repair_attempt is
    'The last attempt at a case of which something was done and not taken back, a ticket aside; null: none.';
