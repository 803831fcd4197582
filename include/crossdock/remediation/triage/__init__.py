"""Decide about the cases that wait for it: facts, quotes, policy, decision, and then act, ask, hand over or wait."""

from crossdock.remediation.triage.run import Triaged, triage

__all__ = ["Triaged", "triage"]
