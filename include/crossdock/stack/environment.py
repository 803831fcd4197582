"""The environment of every supervised process, made from what the installation remembers."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from crossdock.core.errors import Misconfigured
from crossdock.core.settings import settings
from crossdock.stack import proc
from crossdock.stack.postgres import OWNER, Server, _reachable
from crossdock.stack.state import State, load

DATABASE, AIRFLOW_DATABASE, LAB_DATABASE = "crossdock", "airflow", "lab"
AIRFLOW_ROLE, LAB_ROLE = "airflow", "lab"
QUESTIONS = "crossdock-questions"
"""The login in Airflow that asks and closes questions of the DAG `approve`, and may know who has which role."""
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
             "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
             "CROSSDOCK_REAL_DATA", "CROSSDOCK_PARTNERS", "CROSSDOCK_POLICIES", "CROSSDOCK_ALERT_ROUTES",
             "CROSSDOCK_LOG_LEVEL", "CROSSDOCK_LOG_FORMAT")  # fmt: skip


def postgres_folder(state: State) -> Path:
    """Where the cluster lives: in the home, or under /var/tmp when root's Postgres (as `nobody`) cannot reach that."""
    if not state.get("postgres.folder"):
        folder = state.home / "postgres"
        if os.geteuid() == 0 and not _reachable(folder):
            folder = Path("/var/tmp") / f"crossdock-{state.secret('installation')[:8]}"
        state.set("postgres.folder", str(folder))
    return Path(state.get("postgres.folder"))


def server(state: State) -> Server:
    """The embedded Postgres of this installation, running or not."""
    return Server(postgres_folder(state), state.port("postgres"), state.secret("postgres"))


def dsn(state: State, role: str, database: str = DATABASE) -> str:
    return server(state).dsn(database, role, state.secret(f"role.{role}"))


def connections(home: Path) -> dict[str, str]:
    """`<home>/connections.json` (connection id → JSON of the connection) as AIRFLOW_CONN_* variables."""
    path = home / "connections.json"
    if not path.exists():
        return {}
    try:
        given = json.loads(path.read_text())
    except ValueError as error:
        raise Misconfigured(
            f"{path} is not JSON: {error}", hint="it maps a connection id to conn_type, host, login, password"
        ) from None
    return {
        f"AIRFLOW_CONN_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in given.items()
    }


def base(state: State) -> dict[str, str]:
    """What every process gets: the caller's locale, proxies and certificates, and the mark of this installation.

    PYTHONDONTWRITEBYTECODE is left behind on purpose: without bytecode Airflow needs four seconds more to import.
    """
    found = {name: os.environ[name] for name in INHERITED if name in os.environ}
    scripts = str(Path(sys.executable).parent)
    return found | {
        "PATH": os.pathsep.join([scripts, found.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "DO_NOT_TRACK": "1",
        "CROSSDOCK_HOME": str(state.home),
        "CROSSDOCK_PROJECT": str(settings().project_dir),
        proc.MARK: str(state.home),
    }


def product(state: State) -> dict[str, str]:
    """For whatever runs the product: its two DSNs, its inbox, the desk and the connections. Not the owner's DSN."""
    airflow = f"http://127.0.0.1:{state.port('airflow')}"
    password = state.secret("airflow.questions")
    questions = {"conn_type": "http", "host": airflow, "login": QUESTIONS, "password": password}
    return base(state) | {
        "CROSSDOCK_DESK_URL": f"{airflow}/desk",
        "AIRFLOW_CONN_AIRFLOW_QUESTIONS": json.dumps(questions),
        "CROSSDOCK_DSN": dsn(state, "crossdock_app"),
        "CROSSDOCK_DBT_DSN": dsn(state, "crossdock_dbt"),
        "CROSSDOCK_INBOX_PORT": str(state.port("inbox")),
        **connections(state.home),
    }


def owner(state: State) -> dict[str, str]:
    """For migrations only."""
    return product(state) | {"CROSSDOCK_ADMIN_DSN": dsn(state, OWNER)}


def person(state: State) -> dict[str, str]:
    """For who types commands on this machine: the product's variables, the auditor's DSN and, with a lab, the lab's."""
    found = product(state) | {"CROSSDOCK_AUDIT_DSN": dsn(state, "auditor")}
    chosen = found | lab(state) if state.get("lab") else found
    return {
        name: value
        for name, value in chosen.items()
        if name.startswith(("CROSSDOCK_", "AIRFLOW_CONN_")) and name != proc.MARK
    }


def adopt() -> None:
    """Let a command use the installation of this machine without `eval "$(crossdock env)"`.

    Variables that are set win. A supervised process has its own and adopts nothing; nor does anybody who may not read
    the installation's secrets.
    """
    if proc.MARK in os.environ:
        return
    try:
        state = load(settings().home_dir)
    except PermissionError:
        return
    if state.values:
        for name, value in person(state).items():
            os.environ.setdefault(name, value)
        settings.cache_clear()


def lab(state: State) -> dict[str, str]:
    """For the lab: its own database and ports, and where it sends webhooks; nothing of the product's."""
    return base(state) | {
        "CROSSDOCK_LAB_DSN": dsn(state, LAB_ROLE, LAB_DATABASE),
        "CROSSDOCK_LAB_WEBHOOKS": f"http://127.0.0.1:{state.port('inbox')}",
        "CROSSDOCK_LAB_URL": f"http://127.0.0.1:{state.port('lab')}",
        "CROSSDOCK_LAB_MAILBOX": str(state.home / "lab" / "mailbox"),
    }
