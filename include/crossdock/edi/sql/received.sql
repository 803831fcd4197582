-- What was received and may have to be answered: the records asked for, with what was set aside of them.
select
    r.record_id,
    r.native_id,
    r.document_id,
    r.payload,
    f.partner_id,
    p.time_zone,
    p.settings || f.settings as settings,
    exists (
        select from ops.quarantine as q
        where q.record_id = r.record_id and q.part = '' and q.state in ('open', 'superseded', 'discarded')
    ) as is_set_aside,
    exists (
        select from ops.quarantine as q
        where q.record_id = r.record_id and q.rule = 'duplicate_control_number' and q.state = 'open'
    ) as is_duplicate,
    array(
        select substring(q.part from '^lines/(\d+)$')::integer
        from ops.quarantine as q
        where q.record_id = r.record_id and q.part like 'lines/%%' and q.state in ('open', 'superseded', 'discarded')
    ) as refused_lines
from raw.records as r
join ref.feeds as f using (feed_id)
join ref.partners as p using (partner_id)
where r.record_id = any(%(record_ids)s) and f.feed_type = 'x12.interchanges'
    and r.payload ->> 'kind' in ('interchange', 'transaction_set')
order by r.record_id
