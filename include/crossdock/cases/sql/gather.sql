-- The claimed detections, and every symptom of the cases concerned.
insert into pg_temp.case_work (
    detection_id, case_id, is_claimed, is_known, is_open, thread_id, exception_code, subject_id, shipment_id, order_id,
    partner_id, warehouse_code, carrier_code, since_at, evidence_mark
)
select
    d.detection_id,
    s.case_id,
    c.detection_id is not null,
    s.case_id is not null,
    d.cleared_at is null,
    d.thread_id,
    d.exception_code,
    d.subject_id,
    case e.subject_type
        when 'shipment' then d.subject_id
        when 'shipment_line' then regexp_replace(d.subject_id, '#[^#]*$', '')
    end,
    d.order_id,
    d.partner_id,
    d.warehouse_code,
    d.carrier_code,
    d.since_at,
    md5(d.evidence::text)
from (
    select detection_id from pg_temp.case_claimed
    union
    select s.detection_id
    from pg_temp.case_concerned as c
    join ops.case_symptoms as s on s.case_id = c.case_id
) as k
join ops.detections as d on d.detection_id = k.detection_id
join ref.exception_catalogue as e on e.exception_code = d.exception_code
left join pg_temp.case_claimed as c on c.detection_id = d.detection_id
left join ops.case_symptoms as s on s.detection_id = d.detection_id
