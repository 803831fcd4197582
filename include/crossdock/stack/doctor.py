"""`crossdock doctor`: is this installation sound, and if not, what is to be done?"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from crossdock.core.settings import settings
from crossdock.recovery import api as recoveries
from crossdock.stack import airflow, environment, supervisor
from crossdock.stack.install import checksum
from crossdock.stack.postgres import OWNER, PRODUCT_ROLES
from crossdock.stack.state import State

DISK_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `verdict` is ok, warning (works, but know it) or wrong; `mend` says what to do."""

    check: str
    verdict: str
    said: str
    mend: str = ""


def packages(state: State) -> Iterator[Finding]:
    """Is what is installed what the lock says?"""
    if sys.version_info[:2] != (3, 11):
        yield Finding("python", "wrong", sys.version.split()[0], "use Python 3.11")
    project = settings().project_dir
    stamp = Path(sys.prefix) / ".installed"
    if not stamp.exists():
        yield Finding("packages", "warning", "not installed by `make`: versions are unchecked", "make install")
    elif stamp.read_text() != checksum(project):
        yield Finding("packages", "wrong", "older than requirements.txt or pyproject.toml", "make install")
    else:
        yield Finding("packages", "ok", "as requirements.txt says")


def disk(state: State) -> Iterator[Finding]:
    free = shutil.disk_usage(state.home if state.home.exists() else state.home.parent).free
    verdict = "ok" if free > DISK_BYTES else "wrong"
    yield Finding(
        "disk", verdict, f"{free / 1e9:.1f} GB free at {state.home}", "" if verdict == "ok" else "free some space"
    )


def secrets(state: State) -> Iterator[Finding]:
    """Can anybody else read the passwords?"""
    for path in (state.path, state.home / "connections.json", state.home / "run" / "processes.json"):
        if path.exists() and path.stat().st_mode & 0o077:
            yield Finding("secrets", "wrong", f"{path} can be read by others", f"chmod 600 {path}")
    yield Finding("secrets", "ok", f"kept in {state.path}")


def processes(state: State) -> Iterator[Finding]:
    found = supervisor.status(state.home / "run")
    if found is None:
        yield Finding("processes", "wrong", "nothing runs", "crossdock up")
        return
    for name, child in found["processes"].items():
        if not child["pid"]:
            yield Finding(name, "wrong", f"died with status {child['last_exit']}", f"crossdock logs {name}")
        elif child["restarts"]:
            yield Finding(name, "warning", f"was restarted {child['restarts']} times", f"crossdock logs {name}")
        else:
            yield Finding(name, "ok", f"pid {child['pid']}")


def database(state: State) -> Iterator[Finding]:
    """Version, encryption, migrations and roles of the product's database."""
    with psycopg.connect(environment.dsn(state, OWNER), connect_timeout=3) as connection:
        number = connection.info.server_version
        yield Finding("postgres", "ok" if number >= 160000 else "wrong", f"version {number // 10000}.{number % 10000}",
                      "" if number >= 160000 else "use Postgres 16 or newer")  # fmt: skip
        yield _encryption(connection)
        yield _migrations(connection)
        known = {name for (name,) in connection.execute("select rolname from pg_roles")}
    missing = sorted({OWNER, *PRODUCT_ROLES} - known)
    yield Finding("roles", "wrong" if missing else "ok", f"missing: {', '.join(missing)}" if missing else "all there",
                  "crossdock up makes them" if missing else "")  # fmt: skip
    yield from _separation(state)


def _encryption(connection: psycopg.Connection) -> Finding:
    if connection.pgconn.ssl_in_use:
        return Finding("encryption", "ok", "TLS to Postgres")
    return Finding("encryption", "warning", "no TLS: the embedded Postgres speaks on loopback only, in the clear",
                   "for more than one machine use a Postgres with TLS (docs/how-to/deploy.md)")  # fmt: skip


def _migrations(connection: psycopg.Connection) -> Finding:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from crossdock.db import migrate

    config = Config()
    config.set_main_option("script_location", str(migrate.HERE / "migrations"))
    newest = ScriptDirectory.from_config(config).get_current_head()
    row = connection.execute("select version_num from public.schema_version").fetchone()
    behind = row is None or row[0] != newest
    return Finding("migrations", "wrong" if behind else "ok", f"at {row and row[0]}, newest is {newest}",
                   "crossdock up runs them" if behind else "")  # fmt: skip


def _separation(state: State) -> Iterator[Finding]:
    """May the product look into the lab's database?"""
    try:
        psycopg.connect(environment.dsn(state, "crossdock_app", environment.LAB_DATABASE), connect_timeout=3).close()
    except psycopg.OperationalError:
        yield Finding("separation", "ok", "the product cannot enter the lab's database")
        return
    yield Finding("separation", "wrong", "role crossdock_app can enter the database lab", "crossdock up revokes it")


def recovery(state: State) -> Iterator[Finding]:
    """Is every type of event as current as its objectives ask?"""
    with psycopg.connect(environment.dsn(state, "crossdock_app"), connect_timeout=3) as connection:
        rows = recoveries.status(connection)
    missed = sorted({row["event_type"] for row in rows if row["is_age_missed"] or row["is_time_missed"]})
    out_of_reach = sorted({row["source"] for row in rows if row["is_out_of_reach"]})
    if out_of_reach:
        yield Finding("recovery", "warning", f"read less often than their objectives allow: {', '.join(out_of_reach)}",
                      "crossdock recovery set, or `every` in the partner's folder")  # fmt: skip
    if missed:
        yield Finding("recovery", "warning", f"objectives missed now: {', '.join(missed)}", "crossdock recovery")
    elif not out_of_reach:
        yield Finding("recovery", "ok", "every type of event is as current as its objective asks")


def connections(state: State) -> Iterator[Finding]:
    """Has every connection a host, and do our own DSNs point to a database?"""
    import json

    found = environment.connections(state.home)
    if not found:
        yield Finding(
            "connections", "warning", "none defined", f"write {state.home / 'connections.json'} or `crossdock up --lab`"
        )
    for variable, text in found.items():
        name = variable.removeprefix("AIRFLOW_CONN_").lower()
        good = bool(json.loads(text).get("host"))
        yield Finding(f"connection {name}", "ok" if good else "wrong", "defined" if good else "has no host",
                      "" if good else "give it conn_type, host, login and password")  # fmt: skip
    host = conninfo_to_dict(environment.dsn(state, "crossdock_app"))["host"]
    yield Finding("dsn", "ok", f"product's database on {host}")


def airflow_health(state: State) -> Iterator[Finding]:
    for part, said in airflow.health(airflow.url(state)).items():
        good = said == "healthy"
        log = {"metadatabase": "airflow-api-server"}.get(part, f"airflow-{part.replace('_', '-')}")
        yield Finding(f"airflow {part}", "ok" if good else "wrong", said, "" if good else f"crossdock logs {log}")


CHECKS: tuple[Callable[[State], Iterator[Finding]], ...] = (
    packages, disk, secrets, processes, database, recovery, connections, airflow_health,
)  # fmt: skip


def examine(state: State) -> list[Finding]:
    """Every check; one that cannot be made is itself a finding."""
    found: list[Finding] = []
    for check in CHECKS:
        try:
            found += check(state)
        except (OSError, psycopg.Error) as error:
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            found.append(Finding(check.__name__, "wrong", f"could not be checked: {reason}", "crossdock up"))
    return found
