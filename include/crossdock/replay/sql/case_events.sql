-- What happened to cases since the mark, with the cases as they are now.
select e.event_id, e.case_id, e.event, e.to_state, c.lead_code, c.subject_id, c.order_id, c.title
from ops.case_events as e
join ops.cases as c using (case_id)
where e.event_id > %(events)s
order by e.event_id
