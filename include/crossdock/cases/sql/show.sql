-- One case whole: what it is about, what stands open, what was done, and every event.
select
    to_jsonb(c) || jsonb_build_object(
        'symptoms', coalesce((
            select
                jsonb_agg(
                    jsonb_build_object(
                        'detection_id', d.detection_id, 'code', d.exception_code, 'subject_id', d.subject_id,
                        'since_at', d.since_at, 'cleared_as_of', d.cleared_as_of, 'evidence', d.evidence
                    )
                    order by d.detection_id
                )
            from ops.case_symptoms as s
            join ops.detections as d on d.detection_id = s.detection_id
            where s.case_id = c.case_id
        ), '[]'),
        'actions', coalesce((
            select
                jsonb_agg(
                    jsonb_build_object(
                        'action_id', a.action_id, 'attempt', a.attempt, 'step', a.step, 'command', a.command,
                        'state', a.state, 'error', a.error
                    )
                    order by a.action_id
                )
            from ops.actions as a
            where a.case_id = c.case_id
        ), '[]'),
        'approvals', coalesce((
            select
                jsonb_agg(
                    jsonb_build_object(
                        'approval_id', p.approval_id, 'question', p.question, 'state', p.state,
                        'may_answer', p.may_answer, 'decided_by', p.decided_by, 'reason', p.reason
                    )
                    order by p.approval_id
                )
            from ops.approvals as p
            where p.case_id = c.case_id
        ), '[]'),
        'events', coalesce((
            select
                jsonb_agg(
                    jsonb_build_object(
                        'event_id', e.event_id, 'as_of', e.as_of, 'event', e.event, 'to_state', e.to_state,
                        'actor', e.actor, 'reason', e.reason, 'data', e.data
                    )
                    order by e.event_id
                )
            from ops.case_events as e
            where e.case_id = c.case_id
        ), '[]')
    ) as shown
from ops.cases as c
where c.case_id = %(case_id)s
