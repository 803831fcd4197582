-- Labels that were bought: what was paid, and the least that would have bought the same days or fewer.
select
    s.overlay ->> 'tracking_code' as tracking_code,
    (s.overlay -> 'selected_rate' ->> 'rate')::numeric as paid,
    min((r.rate ->> 'rate')::numeric) as least
from lab.objects as s
cross join lateral jsonb_array_elements(s.body -> 'rates') as r (rate)
where s.system = 'easypost' and s.kind = 'shipments' and s.overlay ? 'selected_rate'
    and (r.rate ->> 'delivery_days')::int <= (s.overlay -> 'selected_rate' ->> 'delivery_days')::int
group by 1, 2
order by 1
