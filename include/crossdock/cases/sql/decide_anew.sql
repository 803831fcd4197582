-- Another exception leads a case of which it was settled what to do: that is settled anew.
select ops.move_case(l.case_id, 'change', 'crossdock', 'system', 'Another exception leads the case.')
from pg_temp.case_leads as l
where l.is_another and l.state in ('triaged', 'awaiting_approval')
order by l.case_id
