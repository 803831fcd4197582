select
    route, audience, kind, event, cause, is_news,
    min(title) as title,
    (array_agg(severity order by array_position(array['critical', 'high', 'medium', 'low'], severity)))[1] as severity,
    (array_agg(item_key order by happened_at, item_key))[1] as first_item
from pg_temp.matched
group by route, audience, kind, event, cause, is_news
order by route, audience, event, cause, is_news
