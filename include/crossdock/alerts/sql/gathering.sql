-- The alert of this cause that has not gone out yet, and when the last one that did went into a message.
select
    (
        select alert_id from ops.alerts
        where route = %(route)s and audience = %(audience)s and event = %(event)s and cause = %(cause)s
            and state = 'pending' and delivery_id is null and level = 0
    ) as alert_id,
    (
        select max(d.composed_at) from ops.alerts as a join ops.alert_deliveries as d using (delivery_id)
        where a.route = %(route)s and a.audience = %(audience)s and a.event = %(event)s and a.cause = %(cause)s
            and a.level = 0 and d.composed_at > %(since)s
    ) as last_told_at
