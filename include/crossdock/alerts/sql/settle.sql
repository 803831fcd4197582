-- What became of a try, for the message and for the alerts in it.
with message as (
    update ops.alert_deliveries set
        state = %(state)s,
        service = coalesce(%(service)s, service),
        next_try_at = coalesce(%(next_try_at)s, next_try_at),
        leased_until = null,
        sent_at = case when %(state)s = 'sent' then %(now)s::timestamptz end,
        outcomes = outcomes || jsonb_build_object(
            'at', %(now)s::timestamptz, 'outcome', %(outcome)s::text, 'error_class', %(error_class)s::text)
    where delivery_id = %(delivery_id)s and state = 'sending'
    returning *
),

heads as (
    insert into ops.audit_heads (position, hash, exported_to)
    select chain_position, chain_hash, 'alert message ' || delivery_key || ' by ' || channel from message
    where state = 'sent' and chain_position is not null
    on conflict (position) do nothing
)

update ops.alerts as a set
    state = m.state,
    state_reason = %(outcome)s,
    settled_at = %(now)s,
    settled_as_of = ref.as_of()
from message as m
where a.delivery_id = m.delivery_id and a.state = 'pending' and m.state <> 'sending'
