-- What the living cases come from, the cause with the most cases first.
with counted as (
    select
        cause_code,
        origin,
        count(*) as cases_count,
        count(distinct order_id) as orders_count,
        count(*) filter (where severity in ('critical', 'high')) as severe_count,
        min(since_at) as oldest_since_at
    from ops.living_case_causes
    group by cause_code, origin
)

select
    c.*,
    k.title,
    k.acts,
    k.sentence,
    sum(c.cases_count) over (partition by c.cause_code) as cause_cases_count,
    ref.as_of() as as_of
from counted as c
join ref.causes as k using (cause_code)
order by cause_cases_count desc, k.place, c.cases_count desc, c.origin
limit 200
