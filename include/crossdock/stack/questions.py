"""Keep the questions in Airflow equal to what waits in ops.approvals: one run of the DAG `approve` for each.

`ops.approvals` is the record. A question that waits there and stands nowhere in Airflow is asked (a new run); one
that stands in Airflow and was answered elsewhere, or is moot, is closed. An answer given in Airflow that may not count
(the proposer's own, or by somebody of another queue) leaves the approval waiting, so the question is asked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import psycopg

from crossdock.core import log
from crossdock.core.errors import Refused
from crossdock.db.connect import connect
from crossdock.remediation import approvals
from crossdock.stack import airflow_api

logger = log.get("approvals")

DAG = "approve"
TASK = "ask"
ELSEWHERE = "Answered elsewhere"
PAGE = 100
LIVING = ("queued", "running")
VERDICTS = {"Approve": "approve", "Reject": "reject"}


@dataclass(frozen=True, slots=True)
class Synced:
    """How many questions were asked anew, how many were closed."""

    asked: int
    closed: int


def sync(connection: psycopg.Connection) -> Synced:
    """Ask what is not asked yet, close what need not be answered any more. Raises PartnerDown."""
    waiting = {row[0] for row in connection.execute("select approval_id from ops.approvals where state = 'waiting'")}
    connection.rollback()
    with airflow_api.session(airflow_api.QUESTIONS, "ask for approval") as api:
        living = dict(_runs(api, state=LIVING))
        asked = [_ask(api, approval) for approval in sorted(waiting - set(living))]
        closed = [_close(api, run) for approval, run in living.items() if approval not in waiting]
    return Synced(len(asked), sum(closed))


def record(approval_id: int, answer: dict) -> str:
    """Take an answer that was given in Airflow; return what came of it, in words.

    `answer` is what the HITL operator returns: chosen_options, params_input, responded_by_user.
    """
    verdict = VERDICTS.get(answer["chosen_options"][0])
    if verdict is None:
        return "answered elsewhere"
    given, user = answer["params_input"], answer["responded_by_user"]["name"]
    with connect("record answer") as connection:
        try:
            approvals.answer(
                connection, approval_id, verdict, user, roles_of(user),
                reason=given.get("reason") or None, front_end="airflow", chosen=given.get("candidate") or None,
            )  # fmt: skip
        except Refused as refused:
            logger.warning("answer does not count", approval_id=approval_id, user=user, why=str(refused))
            return f"does not count: {refused}"
    return f"{verdict} by {user}"


def roles_of(username: str) -> list[str]:
    """The Airflow roles of a user; empty for nobody known."""
    with airflow_api.session(airflow_api.QUESTIONS, "say who may approve") as api:
        answer = api.get(f"/auth/fab/v1/users/{username}")
        if answer.status_code == 404:
            return []
        return [role["name"] for role in answer.raise_for_status().json()["roles"]]


def _runs(api: httpx.Client, **query: object) -> Iterator[tuple[int, str]]:
    """Approval → run, of the DAG's runs that match, by pages."""
    offset = 0
    while True:
        answer = api.get(f"/api/v2/dags/{DAG}/dagRuns", params={"limit": PAGE, "offset": offset, **query})
        runs = answer.raise_for_status().json()["dag_runs"]
        for run in runs:
            yield int(run["conf"]["approval_id"]), run["dag_run_id"]
        offset += len(runs)
        if len(runs) < PAGE:
            return


def _ask(api: httpx.Client, approval_id: int) -> None:
    """Start a run; the number at its end counts how often this has been asked."""
    pattern = {"run_id_pattern": f"approval-{approval_id}-%"}
    asked_before = api.get(f"/api/v2/dags/{DAG}/dagRuns", params={"limit": 1, **pattern}).raise_for_status().json()
    run_id = f"approval-{approval_id}-{asked_before['total_entries'] + 1}"
    answer = api.post(
        f"/api/v2/dags/{DAG}/dagRuns",
        json={"dag_run_id": run_id, "logical_date": None, "conf": {"approval_id": approval_id}},
    )
    if answer.status_code != httpx.codes.CONFLICT:
        answer.raise_for_status()


def _close(api: httpx.Client, run_id: str) -> bool:
    """Answer for Airflow what was answered elsewhere; False while the question has not come up there yet."""
    path = f"/api/v2/dags/{DAG}/dagRuns/{run_id}/taskInstances/{TASK}/-1/hitlDetails"
    answer = api.patch(path, json={"chosen_options": [ELSEWHERE], "params_input": {}})
    if answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.CONFLICT):
        return False
    answer.raise_for_status()
    return True
