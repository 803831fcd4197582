-- Whether a command with this content was sent before, about the same order.
select exists (
    select from ops.actions
    where command = %(command)s and partner_id = %(partner)s and order_id = %(order)s and payload = %(payload)s
        and state in ('sent', 'acknowledged', 'verified')
)
