-- The transaction sets of one group of one interchange, in order.
select r.payload
from raw.records as r
join raw.records as i on i.record_id = %(record_id)s and i.document_id = r.document_id and i.feed_id = r.feed_id
where r.payload ->> 'kind' = 'transaction_set'
    and r.payload -> 'interchange' ->> 'digest' = i.payload -> 'interchange' ->> 'digest'
    and r.payload -> 'group' ->> 'ordinal' = %(group)s
order by r.ordinal
