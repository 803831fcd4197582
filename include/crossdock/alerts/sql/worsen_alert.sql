-- More of the same joined a gathering alert: it takes the worse severity and the earlier hour.
update ops.alerts set
    severity = case
        when array_position(array['critical', 'high', 'medium', 'low'], %(severity)s)
            < array_position(array['critical', 'high', 'medium', 'low'], severity) then %(severity)s
        else severity
    end,
    due_at = least(due_at, %(due_at)s)
where alert_id = %(alert_id)s
