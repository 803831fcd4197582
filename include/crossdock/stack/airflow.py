"""Airflow's four processes beside the product: environment, first set-up, health. Airflow itself is never imported."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import httpx

from crossdock.core.errors import Misconfigured
from crossdock.core.settings import settings
from crossdock.stack import environment
from crossdock.stack.progress import StepFailed
from crossdock.stack.state import State, fernet_key, write_private

ADMIN, KEEPER = "admin", "crossdock-housekeeping"
"""The person's login, and the one with which housekeeping may delete runs and nothing else."""
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer")

LOCAL_SETTINGS = '''"""Loaded by every Airflow process; only the scheduler, from which tasks fork, pays."""

import sys

if "scheduler" in sys.argv:
    import gc
    import logging

    logging.getLogger("great_expectations").setLevel(logging.WARNING)  # else 170 INFO lines
    import dbt.adapters.postgres
    import dbt.cli.main
    import great_expectations
    import psycopg

    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, every page that the forks share
'''


def url(state: State) -> str:
    return f"http://127.0.0.1:{state.port('airflow')}"


def home(state: State) -> Path:
    return state.home / "airflow"


def _sqlalchemy_url(state: State) -> str:
    password = state.secret(f"role.{environment.AIRFLOW_ROLE}")
    place = f"127.0.0.1:{state.port('postgres')}/{environment.AIRFLOW_DATABASE}"
    return f"postgresql+psycopg2://{environment.AIRFLOW_ROLE}:{password}@{place}"


def variables(state: State) -> dict[str, str]:
    """The product's environment and Airflow's: FAB roles, LocalExecutor, loopback, our folders, quick scheduling."""
    project, base_url = settings().project_dir, url(state)
    options = {
        ("core", "dags_folder"): str(project / "dags"),
        ("core", "plugins_folder"): str(project / "plugins"),
        ("core", "load_examples"): "False",
        ("core", "dags_are_paused_at_creation"): "False",
        ("core", "executor"): "LocalExecutor",
        ("core", "parallelism"): "8",
        ("core", "auth_manager"): "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        ("core", "fernet_key"): state.secret("airflow.fernet", fernet_key),
        ("core", "execution_api_server_url"): f"{base_url}/execution/",
        ("database", "sql_alchemy_conn"): _sqlalchemy_url(state),
        ("api", "host"): "127.0.0.1",
        ("api", "port"): str(state.port("airflow")),
        ("api", "base_url"): base_url,
        ("api", "secret_key"): state.secret("airflow.api"),
        ("api_auth", "jwt_secret"): state.secret("airflow.jwt", lambda: fernet_key() + fernet_key()),
        ("api_auth", "jwt_issuer"): "crossdock",
        # 0.2 s instead of 1: an asset event becomes a run in 0.26 s.
        ("scheduler", "scheduler_idle_sleep_time"): "0.2",
        # After a killed scheduler a lane DAG stands still 48 s with these two, 316 s without.
        ("scheduler", "task_instance_heartbeat_timeout"): "30",
        ("scheduler", "orphaned_tasks_check_interval"): "30",
        ("dag_processor", "refresh_interval"): "5",
        ("dag_processor", "min_file_process_interval"): "30",
    }
    named = {f"AIRFLOW__{section.upper()}__{option.upper()}": value for (section, option), value in options.items()}
    keeper = {"conn_type": "http", "host": base_url, "login": KEEPER, "password": state.secret("airflow.keeper")}
    named["AIRFLOW_CONN_AIRFLOW_API"] = json.dumps(keeper)
    return environment.product(state) | {"AIRFLOW_HOME": str(home(state))} | named


def command(*words: str) -> list[str]:
    return [str(Path(sys.executable).parent / "airflow"), *words]


def processes(state: State) -> dict[str, list[str]]:
    """Process name → command. Without their log servers, which would listen on every interface."""
    return {
        "airflow-api-server": command("api-server"),
        "airflow-scheduler": command("scheduler", "--skip-serve-logs"),
        "airflow-dag-processor": command("dag-processor"),
        "airflow-triggerer": command("triggerer", "--skip-serve-logs"),
    }


def write_local_settings(state: State) -> None:
    folder = home(state) / "config"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "airflow_local_settings.py"
    if not target.exists() or target.read_text() != LOCAL_SETTINGS:
        write_private(target, LOCAL_SETTINGS)


def _run(state: State, argv: list[str], *, given: str = "") -> None:
    log = state.home / "logs" / "airflow-setup.log"
    with log.open("ab") as out:
        done = subprocess.run(
            argv, env=variables(state), cwd=settings().project_dir, input=given.encode(), stdout=out, stderr=out
        )
    if done.returncode:
        raise StepFailed(f"{' '.join(argv[1:3])} ended with status {done.returncode}", log=log,
                         mend="read the end of the log; `crossdock doctor` checks the parts one by one")  # fmt: skip


def migrate(state: State) -> bool:
    """Bring Airflow's tables to this version, once per version. Returns whether that was needed."""
    wanted = f"{version('apache-airflow-core')}+fab{version('apache-airflow-providers-fab')}"
    if state.get("airflow.migrated") == wanted:
        return False
    write_local_settings(state)
    _run(state, command("db", "migrate"))
    state.set("airflow.migrated", wanted)
    return True


def provision(state: State) -> bool:
    """Make the admin user, the `dbt` pool and the roles' rights on our views, once per content of that script."""
    script = settings().project_dir / "plugins" / "crossdock_plugin" / "provision.py"
    wanted = hashlib.sha256(script.read_bytes()).hexdigest()
    if state.get("airflow.provisioned") == wanted:
        return False
    logins = {"admin": ADMIN, "keeper": KEEPER, "questions": environment.QUESTIONS}
    users = {name: {"username": login, "password": state.secret(f"airflow.{name}")} for name, login in logins.items()}
    _run(state, [sys.executable, str(script)], given=json.dumps(users))
    state.set("airflow.provisioned", wanted)
    return True


def trigger(state: State, pattern: str) -> list[str]:
    """Start a run of every DAG whose id matches the shell pattern; return the ids. Raises Misconfigured for none."""
    given = {"username": ADMIN, "password": state.secret("airflow.admin")}
    with httpx.Client(base_url=url(state), timeout=60) as api:
        token = api.post("/auth/token", json=given).raise_for_status().json()["access_token"]
        api.headers["Authorization"] = f"Bearer {token}"
        known = api.get("/api/v2/dags", params={"limit": 1000}).raise_for_status().json()["dags"]
        chosen = fnmatch.filter(sorted(dag["dag_id"] for dag in known), pattern)
        if not chosen:
            raise Misconfigured(
                f"no DAG is called {pattern!r}", hint="look at the DAGs in Airflow; `*` stands for any text"
            )
        for dag_id in chosen:
            api.post(f"/api/v2/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": {}}).raise_for_status()
    return chosen


def health(base_url: str, timeout: float = 5) -> dict[str, str]:
    """Component → `healthy`, `unhealthy` or `silent`; every component is silent while nothing answers."""
    names = ("metadatabase", "scheduler", "triggerer", "dag_processor")
    try:
        if httpx.get(f"{base_url}/execution/health", timeout=timeout).status_code != 200:
            return dict.fromkeys(names, "silent")
        answer = httpx.get(f"{base_url}/api/v2/monitor/health", timeout=timeout).json()
    except (httpx.HTTPError, ValueError):
        return dict.fromkeys(names, "silent")
    return {name: (answer.get(name) or {}).get("status") or "unhealthy" for name in names}
