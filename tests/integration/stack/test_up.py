"""The whole installation, for real: up, used, wounded, up again, down. One boot serves all tests, in their order."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from crossdock.stack import proc, supervisor

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(600)]
CROSSDOCK = Path(sys.executable).parent / "crossdock"


class Installation:
    """An installation in a folder of its own, driven by the command line as a person drives it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("CROSSDOCK_", "AIRFLOW"))
        }
        self.environment |= {"CROSSDOCK_HOME": str(home)}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([CROSSDOCK, *words], env=self.environment, capture_output=True, text=True, timeout=400)

    def status(self) -> dict:
        return json.loads(self.run("status", "--json").stdout)

    def pid(self, name: str) -> int | None:
        return next(row["pid"] for row in self.status()["processes"] if row["name"] == name)

    def state(self) -> dict:
        return json.loads((self.home / "state.json").read_text())

    def product(self) -> dict:
        """How the product's own role reaches its database."""
        state = self.state()
        return {"host": "127.0.0.1", "port": state["port.postgres"], "dbname": "crossdock", "user": "crossdock_app",
                "password": state["secret.role.crossdock_app"]}  # fmt: skip

    def api(self) -> httpx.Client:
        state = self.state()
        base = f"http://127.0.0.1:{state['port.airflow']}"
        given = {"username": "admin", "password": state["secret.airflow.admin"]}
        token = httpx.post(f"{base}/auth/token", json=given, timeout=60).raise_for_status().json()["access_token"]
        return httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=60)


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """Up, without the lab."""
    home = Path("/tmp") / f"crossdock-up-{secrets.token_hex(4)}"
    made = Installation(home)
    done = made.run("up", "--no-lab")
    assert done.returncode == 0, done.stderr
    made.printed = done.stdout
    yield made
    made.run("down")
    shutil.rmtree(home, ignore_errors=True)


def until(found: Callable[[], object], seconds: float = 90) -> object:
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.5)
    return value


def test_it_is_healthy_and_prints_a_login(installation: Installation):
    """All of Airflow's parts are healthy; the URL, the user and the BI login are printed."""
    status = installation.status()
    assert set(status["airflow"].values()) == {"healthy"}
    assert {row["state"] for row in status["processes"]} == {"running"}
    assert status["addresses"]["airflow"] in installation.printed
    assert "password" in installation.printed
    assert "bi_reader" in installation.printed


def test_nothing_listens_beyond_loopback(installation: Installation):
    """Every listening socket of every process is bound to 127.0.0.1 (0100007F in /proc)."""
    listening = []
    for pid in {pid for row in installation.status()["processes"] for pid in proc.family(row["pid"])}:
        inodes = sockets(pid)
        for table in ("tcp", "tcp6"):
            rows = [line.split() for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
            listening += [row[1] for row in rows if row[3] == "0A" and row[9] in inodes]
    assert listening
    assert {address.split(":")[0] for address in listening} == {"0100007F"}


def sockets(pid: int) -> set[str]:
    """Inodes of a process's open sockets; none when it has ended meanwhile."""
    try:
        targets = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    except FileNotFoundError:
        return set()
    return {target[8:-1] for target in targets if target.startswith("socket:[")}


def test_the_doctor_finds_nothing_wrong_but_says_that_there_is_no_tls(installation: Installation):
    """Warnings only, each with what to do."""
    findings = {finding["check"]: finding for finding in json.loads(installation.run("doctor", "--json").stdout)}
    assert not [finding for finding in findings.values() if finding["verdict"] == "wrong"]
    assert findings["encryption"]["verdict"] == "warning"
    assert findings["encryption"]["mend"]
    assert findings["separation"]["verdict"] == "ok"


def test_the_bi_login_works_and_sees_marts_only(installation: Installation):
    """What is printed for BI can read marts, and nothing of raw."""
    line = next(line for line in installation.printed.splitlines() if "bi_reader" in line)
    with psycopg.connect(line.split("'")[1]) as connection:
        assert connection.execute("select has_schema_privilege('marts', 'usage')").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("select * from raw.documents")


def test_every_dag_is_there_unpaused_and_the_fast_lane_runs(installation: Installation):
    """New DAGs are not paused; the minute's run succeeds by itself."""
    with installation.api() as api:
        assert api.get("/api/v2/importErrors").json()["total_entries"] == 0
        dags = {dag["dag_id"]: dag for dag in api.get("/api/v2/dags", params={"limit": 100}).json()["dags"]}
        assert {"fast_lane", "batch_lane", "full_rebuild", "housekeeping", "edi_acknowledge"} <= set(dags)
        assert not [dag_id for dag_id, dag in dags.items() if dag["is_paused"]]
        query = {"state": "success", "limit": 1}
        until(lambda: api.get("/api/v2/dags/fast_lane/dagRuns", params=query).json()["dag_runs"], 150)


def test_a_run_can_be_started_from_the_command_line(installation: Installation):
    """By id or pattern; a name that nothing has is refused."""
    assert installation.run("trigger", "house*").stdout.split() == ["housekeeping"]
    assert "no DAG is called" in installation.run("trigger", "nothing").stderr
    with installation.api() as api:
        query = {"run_type": "manual", "limit": 1}
        assert api.get("/api/v2/dags/housekeeping/dagRuns", params=query).json()["total_entries"] == 1


def test_a_window_of_a_feed_is_backfilled_from_airflow(installation: Installation):
    """One run for each interval of the window, all of them through Airflow's own backfill."""
    dag_id = "ingest__acme-edi__interchanges"
    window = {"dag_id": dag_id, "from_date": "2026-03-05T00:00:00Z", "to_date": "2026-03-05T00:02:00Z"}
    with installation.api() as api:
        made = api.post("/api/v2/backfills", json=window | {"reprocess_behavior": "none", "max_active_runs": 2})
        assert made.status_code == 200, made.text
        query = {"run_type": "backfill", "limit": 10}
        runs = api.get(f"/api/v2/dags/{dag_id}/dagRuns", params=query).json()["dag_runs"]
        assert [run["data_interval_start"][:16] for run in sorted(runs, key=lambda run: run["logical_date"])] == [
            "2026-03-05T00:00",
            "2026-03-05T00:01",
            "2026-03-05T00:02",
        ]
        api.put(f"/api/v2/backfills/{made.json()['id']}/cancel")


def test_a_question_is_asked_and_answered_in_airflow(installation: Installation):
    """It comes up for whoever works its queue; the answer, its giver and its reason stand in ops.approvals."""
    state = installation.state()
    approval_id = waiting_approval(installation)
    with installation.api() as api:
        person = {"username": "fiona", "email": "fiona@example.com", "first_name": "Fiona", "last_name": "Finance",
                  "password": "fiona-for-tests", "roles": [{"name": "Finance"}]}  # fmt: skip
        assert api.post("/auth/fab/v1/users", json=person).status_code in (200, 201)
    assert "remediate" in installation.run("trigger", "remediate").stdout
    base = f"http://127.0.0.1:{state['port.airflow']}"
    given = {"username": "fiona", "password": "fiona-for-tests"}
    token = httpx.post(f"{base}/auth/token", json=given, timeout=60).raise_for_status().json()["access_token"]
    with httpx.Client(base_url=base, headers={"Authorization": f"Bearer {token}"}, timeout=60) as fiona:
        query = {"response_received": False}
        found = until(
            lambda: fiona.get("/api/v2/dags/approve/dagRuns/~/hitlDetails", params=query).json()["hitl_details"], 150
        )
        assert "May it be released?" in found[0]["subject"]
        run_id = found[0]["task_instance"]["dag_run_id"]
        answer = {"chosen_options": ["Reject"], "params_input": {"reason": "overdue", "candidate": ""}}
        path = f"/api/v2/dags/approve/dagRuns/{run_id}/taskInstances/ask/-1/hitlDetails"
        assert fiona.patch(path, json=answer).status_code == 200
    with psycopg.connect(**installation.product()) as connection:
        sql = "select state, decided_by, reason, front_end from ops.approvals where approval_id = %s"

        def answered() -> bool:
            found = connection.execute(sql, [approval_id]).fetchone()
            connection.rollback()
            return found == ("rejected", "fiona", "overdue", "airflow")

        assert until(answered, 240)  # two more tasks start, on a machine that starts a dozen others each minute


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_two_hundred_questions_wait_in_airflow_at_once(installation: Installation):
    """Every one of them is to be seen under Required Actions, and none waits for another to be answered."""
    for number in range(200):
        waiting_approval(installation, f"order/of-many-{number}")
    assert "remediate" in installation.run("trigger", "remediate").stdout
    query = {"response_received": False, "limit": 1}
    path = "/api/v2/dags/approve/dagRuns/~/hitlDetails"
    with installation.api() as api:
        until(lambda: api.get(path, params=query).raise_for_status().json()["total_entries"] >= 200, 1500)


def waiting_approval(installation: Installation, order_id: str = "order/1") -> int:
    """A credit hold of an order whose release waits for finance, as triage would leave it."""
    with psycopg.connect(**installation.product()) as connection:
        case_id = connection.execute(
            """
            insert into ops.cases (lead_code, subject_id, thread_id, order_id, title, severity, owner_queue, playbook,
                next_action, next_actor, since_at, sla_due_at, opened_as_of)
            values ('credit_hold', %(order)s, %(order)s, %(order)s, 'An order is held', 'high', 'finance',
                'release_credit', 'Answer', 'finance', now(), now() + interval '8 hours', now())
            returning case_id
            """,
            {"order": order_id},
        ).fetchone()[0]
        for event in ("triage", "ask"):
            connection.execute("select ops.move_case(%s, %s, 'crossdock', 'system')", [case_id, event])
        decision = connection.execute(
            """insert into ops.decisions (case_id, attempt, policy_id, policy_version, playbook, outcome, mode,
                   candidates, inputs, reason, decided_as_of)
               select %s, 1, policy_id, version, 'release_credit', 'approval', 'active',
                   '[{"name": "release", "excluded_by": []}]', '{}', 'always', now()
               from ops.policies where policy_id = 'credit' limit 1 returning decision_id""",
            [case_id],
        ).fetchone()
        return connection.execute(
            """insert into ops.approvals (case_id, decision_id, attempt, question, proposed_by, may_answer,
                   expires_as_of)
               values (%s, %s, 1, 'May it be released?', 'crossdock', '{finance}', now() + interval '8 hours')
               returning approval_id""",
            [case_id, decision[0]],
        ).fetchone()[0]


def test_the_lane_refuses_a_backfill(installation: Installation):
    """Three hours of a minute's sweep would be 181 runs."""
    window = {"dag_id": "fast_lane", "from_date": "2026-01-01T00:00:00Z", "to_date": "2026-01-01T03:00:00Z"}
    with installation.api() as api:
        assert api.post("/api/v2/backfills", json=window | {"max_active_runs": 1}).status_code in (400, 422)


def test_documents_need_a_login_and_a_role(installation: Installation):
    """No token: 401. A role that may read: the page. A user without the right: 403."""
    state = installation.state()
    base = f"http://127.0.0.1:{state['port.airflow']}"
    assert httpx.get(f"{base}/crossdock-docs/").status_code == 401
    with installation.api() as api:
        assert "Runbooks" in api.get("/crossdock-docs/").text
        assert api.get("/crossdock-docs/runbooks/").status_code == 200
        assert api.get("/crossdock-docs/dbt/..%2f..%2fstate.json").status_code == 404
    keeper = {"username": "crossdock-housekeeping", "password": state["secret.airflow.keeper"]}
    token = httpx.post(f"{base}/auth/token", json=keeper).json()["access_token"]
    assert httpx.get(f"{base}/crossdock-docs/", headers={"Authorization": f"Bearer {token}"}).status_code == 403


def test_housekeeping_deletes_old_runs_and_only_those(installation: Installation, monkeypatch: pytest.MonkeyPatch):
    """Through the API, as a user who can do that and cannot start a run."""
    from datetime import timedelta

    from crossdock.stack import housekeeping

    state = installation.state()
    host = f"http://127.0.0.1:{state['port.airflow']}"
    login = {"login": "crossdock-housekeeping", "password": state["secret.airflow.keeper"]}
    monkeypatch.setenv("AIRFLOW_CONN_AIRFLOW_API", json.dumps({"conn_type": "http", "host": host, **login}))
    assert housekeeping.purge_runs(["fast_lane", "no_such_dag"]) == {"fast_lane": 0, "no_such_dag": 0}
    monkeypatch.setattr(housekeeping, "KEPT", {"success": timedelta(0)})
    assert until(lambda: housekeeping.purge_runs(["fast_lane"])["fast_lane"], 150)  # its first run is a minute away
    token = httpx.post(f"{host}/auth/token", json={"username": login["login"], "password": login["password"]}).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    start = httpx.post(f"{host}/api/v2/dags/fast_lane/dagRuns", headers=headers, json={"logical_date": None})
    assert start.status_code == 403


def test_a_second_up_reuses_everything(installation: Installation):
    """Same processes, same ports, a few seconds."""
    before = {row["name"]: row["pid"] for row in installation.status()["processes"]}
    done = installation.run("up")
    assert done.returncode == 0, done.stderr
    assert {row["name"]: row["pid"] for row in installation.status()["processes"]} == before
    assert done.stdout == installation.printed


@pytest.mark.parametrize("name", ["worker", "inbox", "airflow-triggerer"])
def test_a_killed_process_comes_back(installation: Installation, name: str):
    """kill -9: another one runs within seconds."""
    killed = installation.pid(name)
    os.kill(killed, signal.SIGKILL)
    assert until(lambda: installation.pid(name) not in (None, killed), 30)


def test_a_killed_database_comes_back_and_the_rest_with_it(installation: Installation):
    """kill -9 of Postgres: it recovers, and Airflow is healthy again."""
    killed = installation.pid("postgres")
    os.kill(killed, signal.SIGKILL)
    until(lambda: installation.pid("postgres") not in (None, killed), 30)
    until(lambda: set(installation.status()["airflow"].values()) == {"healthy"}, 240)


def test_down_leaves_nothing_even_after_the_supervisor_was_killed(installation: Installation):
    """kill -9 of the supervisor, then down: no process, no port."""
    status = installation.status()
    pids = [pid for row in status["processes"] for pid in proc.family(row["pid"] or 0) if row["pid"]]
    os.kill(status["supervisor_pid"], signal.SIGKILL)
    done = installation.run("down")
    assert done.returncode == 0, done.stderr
    assert "left over" in done.stdout
    assert supervisor.leftovers(installation.home) == []
    assert [pid for pid in pids if proc.started(pid)] == []
    with pytest.raises(psycopg.OperationalError, match="refused"):
        psycopg.connect(host="127.0.0.1", port=installation.state()["port.postgres"], user="postgres")
