"""`crossdock approvals` and `crossdock actions`, as a person types them; Airflow says who may."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from acting_rig import setting
from airflow_roles import airflow_connection

CROSSDOCK = str(Path(sys.executable).with_name("crossdock"))


@pytest.fixture
def typed(acting):
    """Run a command against the test's database; returns (exit status, output)."""
    environment = os.environ | {"CROSSDOCK_DSN": acting.dsn["app"], "COLUMNS": "240"}

    def run(*words: object, **more: str) -> tuple[int, str]:
        done = subprocess.run(
            [CROSSDOCK, *map(str, words)], env=environment | more, capture_output=True, text=True, timeout=60
        )
        return done.returncode, done.stdout + done.stderr

    with airflow_connection() as conn:
        environment["AIRFLOW_CONN_AIRFLOW_QUESTIONS"] = conn
        yield run


def test_approve_from_the_command_line(acting, typed):
    """Listed, refused to whom it is not for, approved by whom it is for, refused the second time."""
    case_id = acting.case()
    approval = acting.decide(case_id, [setting("x", 1)], ask=True)
    status, shown = typed("approvals", "list", "--by", "ada")
    assert (status, "May we?" in shown) == (0, True)
    assert "nothing waits" in typed("approvals", "list", "--by", "vic")[1]
    assert json.loads(typed("approvals", "list", "--json")[1])["approval_id"] == approval
    for user in ("vic", "nobody"):
        status, said = typed("approvals", "approve", approval, "--by", user)
        assert (status, "may not answer" in said) == (1, True)
    assert acting.state(case_id) == "awaiting_approval"
    status, said = typed("approvals", "approve", approval, "--by", "ada", "--reason", "stock is there")
    assert (status, said.strip()) == (0, f"approval {approval}: approved by ada; its case is acting")
    status, said = typed("approvals", "reject", approval, "--by", "root", "--reason", "too late")
    assert (status, "was already approved by ada" in said) == (1, True)


def test_reject_from_the_command_line(acting, typed):
    """Without a reason it is refused; with one the case goes to its queue."""
    case_id = acting.case()
    approval = acting.decide(case_id, [setting("x", 1)], ask=True)
    assert typed("approvals", "reject", approval, "--by", "ada")[0] == 2
    assert typed("approvals", "reject", approval, "--by", "ada", "--reason", " ")[0] == 1
    assert typed("approvals", "reject", approval, "--by", "ada", "--reason", "no stock")[0] == 0
    assert acting.state(case_id) == "triaged"


def test_nobody_answers_while_airflow_cannot_say_who_they_are(acting, typed):
    """Roles that cannot be looked up are no roles."""
    case_id = acting.case()
    approval = acting.decide(case_id, [setting("x", 1)], ask=True)
    down = json.dumps({"conn_type": "http", "host": "http://127.0.0.1:9"})
    status, said = typed("approvals", "approve", approval, "--by", "root", AIRFLOW_CONN_AIRFLOW_QUESTIONS=down)
    assert (status, "Airflow's API did not" in said) == (1, True)
    assert acting.state(case_id) == "awaiting_approval"


def test_actions_from_the_command_line(acting, typed):
    """List, show, cancel, retry."""
    case_id = acting.case()
    acting.decide(case_id, [setting("x", 1), setting("y", 2, step=2)])
    acting.send(1)
    rows = [json.loads(line) for line in typed("actions", "list", "--case", case_id, "--json")[1].splitlines()]
    assert [(row["step"], row["state"]) for row in rows] == [(2, "approved"), (1, "acknowledged")]
    assert "ledger.set" in typed("actions", "list", "--state", "approved")[1]
    assert "no such action" in typed("actions", "list", "--state", "dead")[1]
    shown = json.loads(typed("actions", "show", rows[1]["action_id"])[1])
    assert (shown["reply"], shown["verifications"]) == ({"previous": None}, [])
    status, said = typed("actions", "retry", rows[0]["action_id"], "--reason", "why not")
    assert (status, "not dead" in said) == (1, True)
    status, _ = typed("actions", "cancel", rows[0]["action_id"], "--reason", "called off", "--by", "ada")
    assert status == 0
    acting.send()
    assert acting.states(case_id) == ["compensated", "cancelled", "acknowledged"]
