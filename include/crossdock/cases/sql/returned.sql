-- A symptom of a resolved case is back: the repair did not hold.
with back as (
    select distinct c.case_id
    from pg_temp.case_concerned as c
    join pg_temp.case_work as w on w.case_id = c.case_id and not w.is_known
    join pg_temp.case_work as o
        on o.case_id = c.case_id and o.is_known and not o.is_open
        and o.exception_code = w.exception_code and o.subject_id = w.subject_id
    where c.state = 'resolved'
    order by c.case_id
)

select ops.move_case(case_id, 'return', 'crossdock', 'system', 'The exception was found again.') from back
