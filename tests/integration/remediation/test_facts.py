"""What a case's facts say of its earlier attempts: what was done, not what was proposed."""

from __future__ import annotations

import pytest

from acting_rig import Acting, setting
from crossdock.remediation import approvals
from crossdock.remediation.facts.gather import statement
from crossdock.remediation.playbooks.planning import as_json


def chosen_before(acting: Acting, case_id: int) -> list[str]:
    with acting.connect() as connection:
        return connection.execute(statement("case"), {"cases": [case_id]}).fetchone()[1]["chosen_before"]


@pytest.mark.parametrize(("is_sent", "done"), [(True, ["first"]), (False, [])])
def test_what_no_partner_took_was_not_tried(acting, is_sent, done):
    """An attempt counts from the first step that is acknowledged."""
    case_id = acting.case()
    acting.decide(case_id, [setting("x", 1)])
    if is_sent:
        acting.send()
    assert chosen_before(acting, case_id) == done


@pytest.mark.parametrize(("chosen", "done"), [(None, ["first"]), ("first", ["first"]), ("second", ["second"])])
def test_the_approvers_choice_is_what_was_tried(acting, chosen, done):
    """Nothing while the question waits; then what was approved, not what was proposed."""
    case_id = acting.case()
    plans = {"first": [setting("x", 1)], "second": [setting("y", 2)]}
    candidates = [{"name": name, "plan": as_json(plan)} for name, plan in plans.items()]
    approval_id = acting.decide(case_id, plans["first"], ask=True, candidates=candidates)
    assert chosen_before(acting, case_id) == []
    with acting.connect() as connection:
        approvals.answer(
            connection, approval_id, "approve", "ada", ["Warehouse"], reason=None, front_end="cli", chosen=chosen
        )
    assert chosen_before(acting, case_id) == []
    acting.send()
    assert chosen_before(acting, case_id) == done
