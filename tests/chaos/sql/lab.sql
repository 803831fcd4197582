-- What the lab has of every order: the effects in its systems, counted, and what is still wrong by its own truth.
select
    o.order_id,
    jsonb_build_object(
        'deliveries', (
            select count(*) from lab.objects as x
            where x.order_id = o.order_id and x.system = 'sap' and x.kind = 'deliveries' and not x.deleted
        ),
        'labels', (
            select count(*) from lab.objects as x
            where x.order_id = o.order_id and x.system = 'easypost' and x.kind = 'shipments' and x.overlay ? 'selected_rate'
                and coalesce(x.overlay ->> 'refund_status', '') = ''
        ),
        'refunds', (
            select count(*) from lab.interventions as i where i.number = o.number and i.kind = 'label_refunded'
        ),
        'tickets', (
            select count(distinct i.params ->> 'external_id') from lab.interventions as i
            where i.number = o.number and i.kind = 'ticket'
        ),
        'tickets made', (
            select count(*) from lab.interventions as i where i.number = o.number and i.kind = 'ticket'
        ),
        'reservations', (
            select count(*) from lab.interventions as i where i.number = o.number and i.kind = 'reserve'
        ),
        'promised', (
            select i.params ->> 'promised_at' from lab.interventions as i
            where i.number = o.number and i.kind = 'promise' order by i.intervention_id desc limit 1
        ),
        'documents sent again', (
            select count(*) from lab.interventions as i where i.number = o.number and i.kind = 'edi_resend'
        )
    ) as effects,
    (
        select jsonb_agg(jsonb_build_object('fault', f.kind, 'repaired', f.is_repaired) order by f.kind)
        from truth.faults as f
        where f.subject_id = o.order_id and not f.is_lookalike
    ) as truth
from lab.orders as o
