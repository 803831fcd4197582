-- Every fault that could be known for long enough, or was mended from outside before that, and whether anything of it is
-- still wrong.
select
    f.fault_id,
    f.kind,
    f.subject_id as subject,
    f.is_repaired,
    f.repaired_by,
    min(e.visible_wall_at) as visible_at
from truth.faults as f
join truth.expectations as e using (fault_id)
where not f.is_lookalike and f.injected_by <> 'outside' and e.visible_wall_at is not null and e.is_required
group by f.fault_id
having (f.repaired_by = 'outside' or max(coalesce(e.gone_wall_at, 'infinity') - e.visible_wall_at) >= %(settle)s)
    and min(e.visible_wall_at) <= %(known_before)s
order by f.fault_id
