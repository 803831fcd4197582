"""Keep the processes of an installation running: one process group each, restarted with back-off, stopped in order.

`python -m crossdock.stack.supervisor <home>` reads `<home>/run/processes.json`; SIGHUP makes it read the file again
(what is new is started, what changed is restarted, what is gone is stopped), SIGTERM stops everything. What it knows
stands in `<home>/run/status.json`. It outlives whoever started it. If it is killed itself, its processes go on and the
next supervisor, or `crossdock down`, ends them: they carry `CROSSDOCK_SUPERVISED_BY`.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from crossdock.core.errors import Misconfigured
from crossdock.stack import proc
from crossdock.stack.state import write_private

BACKOFF_SECONDS = (0.5, 1, 2, 5, 10, 30)
PR_SET_CHILD_SUBREAPER = 36
"""prctl(2): who loses its parent becomes a child of this process, and stays findable."""
STEADY_SECONDS = 60
"""Having run this long, a process is steady: its next restart starts the back-off anew."""
BURY_EVERY_SECONDS = 5
LEADERS_KEPT = 200
LOG_BYTES = 20_000_000
"""A log longer than this is moved aside when its process starts."""


@dataclass(frozen=True, slots=True)
class Process:
    """One thing to keep running. Later ones in the list are started after, and stopped before, earlier ones."""

    name: str
    argv: list[str]
    environment: dict[str, str] = field(repr=False)
    cwd: str = "/"
    stop_signal: str = "SIGTERM"
    grace_seconds: float = 20
    stop_last: bool = False


def write_processes(run: Path, processes: list[Process]) -> None:
    """Say what shall run. The file holds passwords of the environment: owner only."""
    write_private(run / "processes.json", json.dumps([asdict(process) for process in processes]))


def read_processes(run: Path) -> tuple[str, list[Process]]:
    """What shall run, and the checksum that names this version of the file."""
    text = (run / "processes.json").read_bytes()
    return hashlib.sha256(text).hexdigest(), [Process(**given) for given in json.loads(text)]


class Child:
    """A process, its restarts and when it may be started again."""

    def __init__(self, process: Process, logs: Path) -> None:
        self.process = process
        self.log = logs / f"{process.name}.log"
        self.popen: subprocess.Popen | None = None
        self.restarts = 0
        self.failures = 0
        self.not_before = 0.0
        self.started_at = 0.0
        self.last_exit: int | None = None

    def start(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as out:
            try:
                self.popen = subprocess.Popen(
                    self.process.argv, env=self.process.environment, cwd=self.process.cwd,
                    stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                out.write(f"supervisor: cannot start {self.process.name}: {error}\n".encode())
                self._failed(127)
        self.started_at = time.time()

    def _failed(self, status: int) -> None:
        self.last_exit = status
        self.not_before = time.monotonic() + BACKOFF_SECONDS[min(self.failures, len(BACKOFF_SECONDS) - 1)]
        self.failures += 1
        self.restarts += 1

    def tend(self) -> bool:
        """Notice an exit, start what is due. Returns whether anything changed."""
        if self.popen is not None:
            status = self.popen.poll()
            if status is None:
                return False
            if time.time() - self.started_at > STEADY_SECONDS:
                self.failures = 0
            self.kill_group()
            self.popen = None
            self._failed(status)
            return True
        if time.monotonic() < self.not_before:
            return False
        self.start()
        return True

    def kill_group(self) -> None:
        """End what a dead leader left behind in its group."""
        if self.popen is not None:
            try:
                os.killpg(self.popen.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                return

    def ask_to_stop(self) -> None:
        if self.popen is not None and self.popen.poll() is None:
            proc.send(self.popen.pid, signal.Signals[self.process.stop_signal])

    def await_stop(self) -> None:
        """Wait for the grace time, then kill the whole group."""
        if self.popen is None:
            return
        try:
            self.popen.wait(self.process.grace_seconds)
        except subprocess.TimeoutExpired:
            self.kill_group()
            self.popen.wait()
        self.kill_group()
        self.popen = None

    def status(self) -> dict:
        pid = self.popen.pid if self.popen is not None else None
        return {"pid": pid, "started": proc.started(pid) if pid else None, "started_at": self.started_at,
                "restarts": self.restarts, "last_exit": self.last_exit}  # fmt: skip


class Supervisor:
    """The loop. Signals only set flags: all work happens in `run`."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.rundir = home / "run"
        self.logs = home / "logs"
        self.children: dict[str, Child] = {}
        self.reload = True
        self.stopping = False
        self.applied = ""
        self.leaders: dict[int, str] = {}

    def _claim(self) -> None:
        """Be the only supervisor of this home, or exit with status 3."""
        self.lock = (self.rundir / "supervisor.lock").open("w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("supervisor: another one is running\n")
            sys.exit(3)

    def _listen(self) -> None:
        signal.signal(signal.SIGHUP, lambda *_: setattr(self, "reload", True))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(self, "stopping", True))

    def _read(self) -> None:
        self.reload = False
        applied, processes = read_processes(self.rundir)
        wanted = {process.name: process for process in processes}
        gone = [name for name, child in self.children.items() if wanted.get(name) != child.process]
        self._stop([self.children.pop(name) for name in gone])
        self.children |= {
            name: Child(process, self.logs) for name, process in wanted.items() if name not in self.children
        }
        self.applied = applied

    def _stop(self, children: list[Child]) -> None:
        """Stop everything at once, but the last ones (the database) after the others have gone."""
        for last in (False, True):
            group = [child for child in children if child.process.stop_last is last]
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.await_stop()
            if self.stopping and not last:
                proc.end(self._orphans)

    def _orphans(self) -> list[int]:
        """Living descendants that belong to none of the processes we keep: what a dead parent left to us."""
        ours = [child.popen.pid for child in self.children.values() if child.popen is not None]
        kept = {os.getpid(), *proc.family(*ours)}
        return [pid for pid in proc.family(os.getpid()) if pid not in kept and proc.started(pid)]

    def _bury(self) -> None:
        """Collect dead orphans; our own processes are collected by `tend`."""
        ours = {child.popen.pid for child in self.children.values() if child.popen is not None}
        for pid in proc.children(os.getpid()):
            if pid not in ours:
                try:
                    os.waitpid(pid, os.WNOHANG)
                except ChildProcessError:
                    continue

    def _write_status(self) -> None:
        told = {name: child.status() for name, child in self.children.items()}
        kept = [said for name, said in told.items() if not self.children[name].process.stop_last and said["started"]]
        self.leaders |= {said["pid"]: said["started"] for said in kept}
        self.leaders = dict(list(self.leaders.items())[-LEADERS_KEPT:])
        status = {"pid": os.getpid(), "started": proc.started(os.getpid()), "applied": self.applied,
                  "leaders": list(self.leaders.items()),
                  "processes": told}  # fmt: skip
        write_private(self.rundir / "status.json", json.dumps(status))

    def run(self) -> None:
        self._claim()
        self._listen()
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        sweep(self.home)
        bury_at = 0.0
        while not self.stopping:
            changed = self.reload
            if self.reload:
                self._read()
            tended = [child.tend() for child in self.children.values()]
            changed |= any(tended)
            if changed:
                self._write_status()
            if time.monotonic() > bury_at:
                self._bury()
                bury_at = time.monotonic() + BURY_EVERY_SECONDS
            time.sleep(0.2)
        self._stop(list(self.children.values()))
        (self.rundir / "status.json").unlink(missing_ok=True)


def status(run: Path) -> dict | None:
    """What the living supervisor last wrote; None when none is alive."""
    try:
        found = json.loads((run / "status.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    return found if proc.started(found["pid"]) == found["started"] else None


def leftovers(home: Path) -> list[int]:
    """What runs of the installation, by its mark and by what its last supervisor wrote; Postgres is not among it."""
    try:
        leaders = dict(json.loads((home / "run" / "status.json").read_text())["leaders"])
    except (FileNotFoundError, ValueError):
        leaders = {}
    return proc.members(home, leaders)


def sweep(home: Path) -> int:
    """End what a killed supervisor left. Returns how many there were."""
    return proc.end(lambda: leftovers(home))


def ensure(home: Path, seconds: float = 60) -> None:
    """Have a supervisor that has applied `processes.json` as it stands: tell the living one, or start one."""
    run = home / "run"
    wanted, _ = read_processes(run)
    alive = status(run)
    if alive:
        os.kill(alive["pid"], signal.SIGHUP)
    else:
        _spawn(home)
    until = time.monotonic() + seconds
    while (status(run) or {}).get("applied") != wanted:
        if time.monotonic() > until:
            raise Misconfigured(
                f"the supervisor of {home} does not answer", hint=f"read {home / 'logs' / 'supervisor.log'}"
            )
        time.sleep(0.05)


def _spawn(home: Path) -> None:
    with (home / "logs" / "supervisor.log").open("ab") as out:
        subprocess.Popen([sys.executable, "-m", "crossdock.stack.supervisor", str(home)], cwd="/",
                         stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)  # fmt: skip


def stop(home: Path, seconds: float = 90) -> int:
    """Stop the supervisor and all it keeps; then end what is left over. Returns how many leftovers there were."""
    alive = status(home / "run")
    if alive:
        proc.send(alive["pid"], signal.SIGTERM)
        until = time.monotonic() + seconds
        while proc.started(alive["pid"]) == alive["started"] and time.monotonic() < until:
            time.sleep(0.1)
        if proc.started(alive["pid"]) == alive["started"]:
            proc.send(alive["pid"], signal.SIGKILL)
    left = sweep(home)
    (home / "run" / "status.json").unlink(missing_ok=True)
    return left


if __name__ == "__main__":
    Supervisor(Path(sys.argv[1])).run()
