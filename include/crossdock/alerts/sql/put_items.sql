insert into ops.alert_items (route, item_key, alert_id, case_id, order_id, fact, happened_at)
select m.route, m.item_key, c.alert_id, m.case_id, m.order_id, m.fact, m.happened_at
from pg_temp.matched as m
join pg_temp.chosen as c using (route, audience, event, cause, is_news)
