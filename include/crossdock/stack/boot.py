"""`crossdock up` and `down`: from nothing to a running installation, step by step, and back."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from itertools import takewhile
from pathlib import Path

import psycopg

from crossdock.core.errors import Misconfigured
from crossdock.core.settings import settings
from crossdock.db import migrate
from crossdock.stack import airflow, environment, supervisor
from crossdock.stack.postgres import (
    OWNER,
    PRODUCT_ROLES,
    _unprivileged,
    binaries,
    create_database,
    create_product,
    create_role,
)
from crossdock.stack.progress import StepFailed, step
from crossdock.stack.state import State, load, only_one, prepare, write_private
from crossdock.stack.supervisor import Process

POSTGRES_SETTINGS = (
    "listen_addresses=127.0.0.1", "unix_socket_directories=", "timezone=UTC", "max_connections=200",
    "shared_buffers=256MB", "max_wal_size=2GB", "random_page_cost=1.1",
    "jit=off",  # the lane's statements take milliseconds; compiling one takes a hundred
)  # fmt: skip
DEATHS = 4
"""A process that has died so often while everything starts will not come up by itself."""
MODEL_HOOKS = (("partner", "sync"), ("policy", "sync"), ("init-models",))
"""Commands of the product that make partners, policies and models ready, run in this order after the migrations."""


def script(name: str) -> str:
    """A console script of the environment that runs us."""
    return str(Path(sys.executable).parent / name)


def postgres_process(state: State) -> Process:
    server = environment.server(state)
    options = [word for setting in POSTGRES_SETTINGS for word in ("-c", setting)]
    argv = [*_unprivileged(), str(binaries() / "postgres"), "-D", str(server.data), "-p", str(server.port), *options]
    # Unmarked: it is stopped by its own pid file, never swept.
    plain = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    return Process("postgres", argv, plain, stop_signal="SIGINT", grace_seconds=30, stop_last=True)


def processes(state: State, *, lab: bool) -> list[Process]:
    """Everything that shall run."""
    project = str(settings().project_dir)
    found = [postgres_process(state)]
    product = environment.product(state)
    found += [Process(name, [script("crossdock"), name], product, cwd=project) for name in ("inbox", "worker")]
    if lab:
        argv = [script("crossdock"), "lab", "serve", *_lab_ports(state)]
        found.append(Process("lab", argv, environment.lab(state), cwd=project))
    variables = airflow.variables(state)
    found += [
        Process(name, argv, variables, cwd=project, grace_seconds=30) for name, argv in airflow.processes(state).items()
    ]
    return found


def _lab_ports(state: State) -> list[str]:
    return ["--port", str(state.port("lab")), "--sftp-port", str(state.port("lab_sftp"))]


def start_postgres(state: State) -> None:
    """Have the database answer, kept by a supervisor; an orphan of a killed supervisor is stopped first."""
    server = environment.server(state)
    server.init()
    if supervisor.status(state.home / "run") is None:
        server.stop()
        _free_ports(state)
        supervisor.write_processes(state.home / "run", [postgres_process(state)])
        supervisor.ensure(state.home)
    environment.server(state).wait(log=state.home / "logs" / "postgres.log")


def _free_ports(state: State) -> None:
    """Choose anew each remembered port that a stranger has taken meanwhile."""
    for name, port in state.ports().items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                del state.values[f"port.{name}"]
                state.port(name)


def create_databases(state: State) -> None:
    """The product's database and roles, Airflow's and the lab's; each role enters only its own."""
    passwords = {role: state.secret(f"role.{role}") for role in (OWNER, *PRODUCT_ROLES)}
    with psycopg.connect(environment.server(state).superuser, autocommit=True) as admin:
        create_product(admin, environment.DATABASE, passwords)
        for role, database in ((environment.AIRFLOW_ROLE, environment.AIRFLOW_DATABASE),
                               (environment.LAB_ROLE, environment.LAB_DATABASE)):  # fmt: skip
            create_role(admin, role, state.secret(f"role.{role}"))
            create_database(admin, database, role)


def has_command(*words: str) -> bool:
    """Whether the installed `crossdock` has this (sub)command; the lab and what others add need not be there."""
    from typer.main import get_command

    from crossdock.cli import build

    found = get_command(build())
    for word in words:
        found = getattr(found, "commands", {}).get(word)
        if found is None:
            return False
    return True


def run_crossdock(state: State, *words: str, variables: dict[str, str]) -> str:
    """Run a command of ours to its end and return what it printed. Raises StepFailed with its log."""
    log = state.home / "logs" / f"{'-'.join(takewhile(lambda word: word[0] != '-', words))}.log"
    done = subprocess.run(
        [script("crossdock"), *words], env=variables, cwd=settings().project_dir, capture_output=True, text=True
    )
    write_private(log, done.stderr)
    if done.returncode:
        raise StepFailed(f"`crossdock {' '.join(words)}` ended with status {done.returncode}", log=log,
                         mend="mend what the log names, then run `crossdock up` again")  # fmt: skip
    return done.stdout


def connect_lab(state: State) -> None:
    """Write `<home>/connections.json` from what the lab says of itself; connections made by hand stay."""
    path = state.home / "connections.json"
    mine = json.loads(path.read_text()) if path.exists() else {}
    theirs = json.loads(
        run_crossdock(state, "lab", "connections", *_lab_ports(state), variables=environment.lab(state))
    )
    write_private(path, json.dumps(mine | theirs, indent=1) + "\n")


def await_ready(state: State, seconds: float = 180) -> None:
    """Return when Airflow's parts are healthy and the inbox listens; say which process keeps dying otherwise."""
    until = time.monotonic() + seconds
    while True:
        parts = airflow.health(airflow.url(state)) | {"inbox": _listens(state.port("inbox"))}
        if set(parts.values()) == {"healthy"}:
            return
        _complain_of_the_dying(state)
        if time.monotonic() > until:
            late = ", ".join(f"{name} {said}" for name, said in parts.items() if said != "healthy")
            raise StepFailed(
                f"not ready after {seconds:.0f} s: {late}",
                log=state.home / "logs" / "airflow-api-server.log",
                mend="`crossdock doctor` names the part, `crossdock logs <process>` shows its log",
            )
        time.sleep(0.3)


def _listens(port: int) -> str:
    with socket.socket() as probe:
        probe.settimeout(1)
        return "healthy" if probe.connect_ex(("127.0.0.1", port)) == 0 else "silent"


def _complain_of_the_dying(state: State) -> None:
    found = supervisor.status(state.home / "run") or {"processes": {}}
    for name, child in found["processes"].items():
        if child["restarts"] >= DEATHS:
            raise StepFailed(
                f"{name} has died {child['restarts']} times (status {child['last_exit']})",
                log=state.home / "logs" / f"{name}.log",
                mend="mend what the log names, then run `crossdock up` again",
            )


def up(*, lab: bool | None = None) -> State:
    """Start everything, or what of it is missing. `lab` None: as the last time."""
    state = prepare(settings().home_dir)
    with only_one(state.home):
        lab = bool(state.get("lab")) if lab is None else lab
        if lab and not has_command("lab", "serve"):
            raise Misconfigured(
                "the lab is not installed", hint="install crossdock with its lab, or `crossdock up --no-lab`"
            )
        with step("start Postgres"):
            start_postgres(state)
        with step("create databases, roles and tables"):
            create_databases(state)
            migrate.upgrade(environment.dsn(state, OWNER))
        if lab:
            with step("ask the lab for its connections"):
                connect_lab(state)
        state.set("lab", lab)
        _prepare_models(state)
        if lab:
            with step("begin the lab's world"):
                both = environment.product(state) | environment.lab(state)
                run_crossdock(state, "lab", "begin", variables=both)
        with step("set up Airflow"):
            airflow.write_local_settings(state)
            airflow.migrate(state)
            airflow.provision(state)
        with step("start the processes"):
            supervisor.write_processes(state.home / "run", processes(state, lab=lab))
            supervisor.ensure(state.home)
        with step("wait until Airflow is ready"):
            await_ready(state)
    return state


def _prepare_models(state: State) -> None:
    for words in MODEL_HOOKS:
        if has_command(*words):
            with step(f"crossdock {' '.join(words)}"):
                run_crossdock(state, *words, variables=environment.owner(state))


def down() -> int:
    """Stop everything. Returns how many processes had been left over by a killed supervisor."""
    home = settings().home_dir
    if not (home / "run").is_dir():
        return 0
    with only_one(home):
        state = load(home)
        left = supervisor.stop(home)
        if state.get("postgres.folder"):
            environment.server(state).stop()
        return left
