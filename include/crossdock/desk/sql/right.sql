-- Whose case it is and who may answer its waiting question: what a right to act depends on.
select c.case_id, c.owner_queue, c.state, a.approval_id, a.may_answer, a.proposed_by
from ops.cases as c
left join ops.approvals as a on a.case_id = c.case_id and a.state = 'waiting'
where c.case_id = %(case_id)s
