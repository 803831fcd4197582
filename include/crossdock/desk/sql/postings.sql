-- How long the ERP took to post what happened elsewhere, for the orders placed in the window. What it has not posted
-- waits only where the ERP was read past the time at which it happened.
with read_through as (
    select coalesce(min(read_through_at), '-infinity') as at from canonical.feed_horizons where role_code = 'erp'
)

select
    p.leg_code,
    count(p.posted_at) as posted_count,
    percentile_cont(array[0.5, 0.9, 0.95]) within group (order by p.posted_at - p.happened_at) as percentiles,
    max(p.posted_at - p.happened_at) as longest,
    count(*) filter (where p.posted_at is null and p.happened_at <= r.at) as waiting_count,
    min(p.happened_at) filter (where p.posted_at is null and p.happened_at <= r.at) as oldest_waiting_at,
    ref.as_of() as as_of
from canonical.erp_postings as p
cross join read_through as r
where p.ordered_at >= ref.as_of() - make_interval(days => %(days)s) and p.ordered_at <= ref.as_of()
group by p.leg_code
order by array_position(array['order_entry', 'goods_issue', 'invoice'], p.leg_code)
