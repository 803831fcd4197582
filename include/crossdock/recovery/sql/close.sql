-- Interruptions that are over: current again as of a time after they began, or their source or objective is gone.
-- Work of ours that has no row waits for nothing: it is done.
update ops.recoveries as r
set ended_at = %(now)s,
    seen_at = %(now)s,
    outcome = case
        when s.source is null and r.feed_id is not null then 'withdrawn'
        when not exists (
            select from ref.recovery_objectives as o
            where o.event_type = r.event_type and o.valid_from <= %(now)s and o.valid_to > %(now)s
        ) then 'withdrawn'
        when %(now)s - r.began_at <= r.recover_within then 'met'
        else 'missed'
    end
from ops.recoveries as o
left join pg_temp.looked_at as s on s.event_type = o.event_type and s.source = o.source
where r.recovery_id = o.recovery_id
    and o.ended_at is null
    and (s.source is null or not s.is_interrupted and coalesce(s.data_point_at > o.began_at, true))
