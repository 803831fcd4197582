-- One message that is due: never tried, to be tried again, or left by a sender that died.
update ops.alert_deliveries set
    tries = tries + 1,
    leased_until = %(now)s::timestamptz + %(lease)s::interval,
    outcomes = case
        when leased_until is null then outcomes
        else outcomes || jsonb_build_object(
            'at', %(now)s::timestamptz, 'outcome', 'unknown: the sender died; sent again with the same key', 'error_class', null)
    end
where delivery_id = (
    select delivery_id from ops.alert_deliveries
    where state = 'sending' and next_try_at <= %(now)s and (leased_until is null or leased_until <= %(now)s)
        and delivery_key = coalesce(%(key)s, delivery_key)
    order by next_try_at, delivery_id
    limit 1
    for update skip locked
)
returning delivery_id, delivery_key, channel, subject, body, severity, tries, composed_at
