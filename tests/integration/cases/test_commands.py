"""`crossdock cases` and `crossdock audit` as people type them."""

from __future__ import annotations

import json
import os
import subprocess

import psycopg
import pytest

from airflow_roles import airflow_connection
from rig import CROSSDOCK


@pytest.fixture
def crossdock(ground):
    """Run one command on the database of the test: its exit status, output and errors."""
    environment = os.environ | {"CROSSDOCK_DSN": ground.dsn["app"], "COLUMNS": "300"}

    def run(*words: str, **more: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [CROSSDOCK, *words],
            env=environment | more,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.returncode, done.stdout, done.stderr

    with airflow_connection() as conn:
        environment["AIRFLOW_CONN_AIRFLOW_QUESTIONS"] = conn
        yield run


def test_a_person_works_a_case_off(ground, crossdock):
    """Listed, taken, noted, shown, dismissed; each under the login that was given."""
    ground.order("1000123", partner_order_ref="PO-7")
    ground.found("credit_hold", "1000123")
    ground.found("price_mismatch", "2")
    ground.drain()
    status, out, _ = crossdock("cases", "list", "--order", "PO-7", "--json")
    (case,) = [json.loads(line) for line in out.splitlines()]
    assert (status, case["title"]) == (0, "Order 1000123: held for credit since 2026-01-10 10:00")
    number = str(case["case_id"])
    assert crossdock("cases", "assign", number, "anna", "--as", "boris")[0] == 0
    assert crossdock("cases", "note", number, "the bank was called", "--as", "anna")[0] == 0
    listed = crossdock("cases", "list", "--mine", "--as", "anna", "--queue", "finance", "--state", "open")[1]
    assert "1000123" in listed
    assert "price" not in listed
    assert crossdock("cases", "dismiss", number, "--reason", "paid in cash", "--as", "finn")[0] == 0
    shown = crossdock("cases", "show", number)[1]
    assert "dismiss → dismissed by finn: paid in cash" in shown
    assert "note by anna: the bank was called" in shown
    assert "credit_hold of 1000123 since 2026-01-10 10:00" in shown


def test_who_dismisses_works_its_queue(ground, crossdock):
    """Airflow's roles count: not another queue's people, nobody unknown, and nobody while Airflow cannot say."""
    found = ground.found("credit_hold")
    ground.drain()
    number = str(ground.case_of(found))
    for verb in ("dismiss", "reopen"):
        for login in ("ada", "vic", "nobody"):
            status, _, err = crossdock("cases", verb, number, "--reason", "x", "--as", login)
            assert (status, "is for the people of finance" in err) == (1, True)
        down = json.dumps({"conn_type": "http", "host": "http://127.0.0.1:9"})
        gone = crossdock("cases", verb, number, "--reason", "x", "--as", "root", AIRFLOW_CONN_AIRFLOW_QUESTIONS=down)
        assert (gone[0], "Airflow's API did not" in gone[2]) == (1, True)
    assert ground.cases() == [(int(number), "credit_hold", "open")]
    assert crossdock("cases", "dismiss", number, "--reason", "x", "--as", "finn")[0] == 0
    assert crossdock("cases", "reopen", number, "--reason", "y", "--as", "root")[0] == 0
    assert ground.cases() == [(int(number), "credit_hold", "reopened")]


def test_what_cannot_be_done_is_said(ground, crossdock):
    """No traceback: what happened and what to do, exit 1."""
    status, _, err = crossdock("cases", "dismiss", "77", "--reason", "x")
    assert (status, err) == (1, "Refused: there is no case 77\n  what to do: see `crossdock cases list`\n")


def test_the_history_is_verified_from_the_command_line(ground, crossdock):
    """Whole: exit 0. Changed behind its back: the case and the event are named, exit 1."""
    ground.found("credit_hold")
    ground.drain()
    assert crossdock("audit", "verify")[:2] == (0, "1 events, each as it was written\n")
    position, digest = crossdock("audit", "head", "--kept-by", "the auditors")[1].split()
    assert (position, len(digest)) == ("1", 64)
    with psycopg.connect(ground.dsn["owner"]) as owner:
        owner.execute("alter table ops.case_events disable trigger user")
        owner.execute("update ops.case_events set actor = 'nobody'")
    status, out, err = crossdock("audit", "verify")
    case = ground.cases()[0][0]
    assert (status, out) == (1, f"changed: case {case}, event 1 (open): the event is not what was sealed\n")
    assert "the history is not what was written, in 1 of its places" in err
    (row,) = [json.loads(line) for line in crossdock("audit", "verify", "--json")[1].splitlines()]
    assert (row["problem"], row["case_id"]) == ("changed", case)
