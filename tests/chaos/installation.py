"""A real installation with its lab, in a home of its own, and what of it can be killed."""

from __future__ import annotations

import json
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crossdock.stack import environment, proc, supervisor
from crossdock.stack.state import State, load
from rig import Rig

CROSSDOCK = Path(sys.executable).with_name("crossdock")
SERVICES = (
    "worker",
    "inbox",
    "postgres",
    "airflow-scheduler",
    "airflow-triggerer",
    "airflow-dag-processor",
    "airflow-api-server",
)
TASK = "a task"
RUNNING_TASK = re.compile(r"airflow (worker -- [0-9a-f]{8}-|supervisor: )")


class Installation:
    """Driven by the command line as a person drives it; `rig` asks its databases and moves its lab."""

    def __init__(self, home: Path) -> None:
        self.home = home
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CROSSDOCK_", "AIRFLOW"))}
        self.environment = kept | {"CROSSDOCK_HOME": str(home)}

    def run(self, *words: str, **more: str) -> str:
        """Run a command to its end, with `more` in its environment; what it printed."""
        given = self.environment | more
        done = subprocess.run([CROSSDOCK, *words], env=given, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def state(self) -> State:
        return load(self.home)

    def rig(self) -> Rig:
        """The same view of it as tests have of a system made by hand."""
        state = self.state
        dsn = {"app": environment.dsn(state, "crossdock_app"), "auditor": environment.dsn(state, "auditor")}
        lab_dsn = environment.dsn(state, environment.LAB_ROLE, environment.LAB_DATABASE)
        return Rig(dsn, lab_dsn, f"http://127.0.0.1:{state.port('lab')}")

    def kill(self, name: str, draw: random.Random) -> str | None:
        """kill -9 of a service, or of one of the tasks that run now; who it was, None where there is nobody."""
        pids = self._tasks() if name == TASK else [self._pid(name)]
        pids = [pid for pid in pids if pid]
        if not pids:
            return None
        pid = draw.choice(pids)
        told = _title(pid)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return None
        return f"{name} (pid {pid}, {told[:60]})"

    def _pid(self, name: str) -> int | None:
        found = supervisor.status(self.home / "run") or {"processes": {}}
        child = found["processes"].get(name) or {"pid": None}
        return child["pid"] if child["pid"] and proc.started(child["pid"]) == child["started"] else None

    def _tasks(self) -> list[int]:
        scheduler = self._pid("airflow-scheduler")
        family = proc.family(scheduler) if scheduler else []
        return [pid for pid in family if RUNNING_TASK.match(_title(pid))]


def _title(pid: int) -> str:
    """The command line of a process, empty once it has gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


@contextmanager
def installed(**world: object) -> Iterator[Installation]:
    """Up with its lab and a new world, whose clock stands still; down and gone at the end.

    The world is there before anything can be read of it: a poll of a world to come would have read it to the present.
    """
    made = Installation(Path("/tmp") / f"crossdock-chaos-{secrets.token_hex(4)}")
    try:
        made.run("up", "--no-lab")
        variables = environment.product(made.state) | environment.lab(made.state)
        dsns = {name: value for name, value in variables.items() if name in ("CROSSDOCK_DSN", "CROSSDOCK_LAB_DSN")}
        words = [
            word
            for name, value in world.items()
            for one in (value if isinstance(value, tuple) else (value,))
            for word in (f"--{name}", str(one))
        ]
        made.run("lab", "reset", *words, **dsns)
        made.run("up", "--lab")
        yield made
    finally:
        made.run("down")
        folder = json.loads((made.home / "state.json").read_text())["postgres.folder"]
        for path in (made.home, Path(folder)):
            shutil.rmtree(path, ignore_errors=True)
