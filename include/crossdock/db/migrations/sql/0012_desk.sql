-- The desk lists living cases by deadline, of all queues, of one, or of one person, however many there are.
create index cases_by_urgency on ops.cases (sla_due_at, case_id) where close_reason is null;
create index cases_by_queue on ops.cases (owner_queue, sla_due_at, case_id) where close_reason is null;
create index cases_by_assignee on ops.cases (assignee, sla_due_at, case_id) where close_reason is null and assignee is not null;
