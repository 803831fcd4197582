insert into ops.decisions (
    case_id, attempt, policy_id, policy_version, mode, playbook, outcome, chosen, candidates, inputs, reason,
    decided_as_of
) values (
    %(case_id)s, %(attempt)s, %(policy_id)s, %(policy_version)s, %(mode)s, %(playbook)s, %(outcome)s, %(chosen)s,
    %(candidates)s, %(inputs)s, %(reason)s, %(decided_as_of)s
)
returning decision_id
