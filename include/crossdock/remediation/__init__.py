"""What to do about a case: the policy that chooses, the playbook that does it, the outbox, and reading back."""
