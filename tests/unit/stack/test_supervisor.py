"""The supervisor with small real processes: restarts, reloads, order of stopping, leftovers."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crossdock.stack import proc, supervisor
from crossdock.stack.state import prepare
from crossdock.stack.supervisor import Process

SLEEP = "import time; time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
PARENT = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True).wait()"  # noqa: E501


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The home of an installation; whatever still runs of it is ended."""
    made = prepare(tmp_path / "home").home
    yield made
    supervisor.stop(made)


def process(home: Path, name: str, code: str = SLEEP, **more) -> Process:
    return Process(name, [sys.executable, "-c", code], {**os.environ, proc.MARK: str(home)}, **more)


def follow(home: Path, *processes: Process) -> dict:
    supervisor.write_processes(home / "run", list(processes))
    supervisor.ensure(home)
    return supervisor.status(home / "run")["processes"]


def until(found: Callable[[], object], seconds: float = 20) -> object:
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)
    return value


def child(home: Path, name: str) -> dict:
    return (supervisor.status(home / "run") or {"processes": {}})["processes"].get(name, {})


def test_a_killed_process_is_started_again(home: Path):
    """kill -9 of a worker: a new one runs within seconds, and the restart is counted."""
    first = follow(home, process(home, "worker"))["worker"]["pid"]
    os.kill(first, signal.SIGKILL)
    second = until(lambda: child(home, "worker").get("pid") not in (None, first) and child(home, "worker"))
    assert second["restarts"] == 1
    assert second["last_exit"] == -signal.SIGKILL
    assert proc.started(second["pid"])


def test_a_process_that_cannot_run_is_tried_less_and_less(home: Path):
    """The back-off grows: a broken process does not eat the machine, and its exit status is told."""
    follow(home, process(home, "broken", "raise SystemExit(7)"))
    until(lambda: child(home, "broken").get("restarts", 0) >= 3)
    time.sleep(1)
    assert child(home, "broken")["restarts"] <= 4
    assert child(home, "broken")["last_exit"] == 7


def test_a_command_that_does_not_exist_is_an_exit_status_too(home: Path):
    """The supervisor itself survives a wrong path and says so in that process's log."""
    follow(home, Process("absent", ["/no/such/program"], {}), process(home, "worker"))
    until(lambda: child(home, "absent").get("last_exit") == 127)
    assert child(home, "worker")["pid"]
    assert "/no/such/program" in (home / "logs" / "absent.log").read_text()


def test_reloading_touches_only_what_changed(home: Path):
    """A second `up` with the same processes leaves them alone; a changed one is restarted, a removed one stopped."""
    before = follow(home, process(home, "a"), process(home, "b"), process(home, "c"))
    after = follow(home, process(home, "a"), process(home, "b", SLEEP + "\n"), process(home, "d"))
    assert after["a"]["pid"] == before["a"]["pid"]
    assert after["b"]["pid"] != before["b"]["pid"]
    assert sorted(after) == ["a", "b", "d"]
    assert proc.started(before["c"]["pid"]) is None


def test_stopping_ends_children_of_children_and_those_that_refuse(home: Path):
    """After `down` nothing is left: not a grandchild in a session of its own, not one that ignores SIGTERM."""
    follow(home, process(home, "parent", PARENT), process(home, "stubborn", STUBBORN, grace_seconds=1))
    until(lambda: len(supervisor.leftovers(home)) == 3 and (home / "logs" / "stubborn.log").read_text())
    supervisor.stop(home)
    assert supervisor.leftovers(home) == []
    assert supervisor.status(home / "run") is None


def test_the_database_stops_last(home: Path, tmp_path: Path):
    """What is marked `stop_last` gets its signal only when all others have gone."""
    told = tmp_path / "told"
    code = (
        "import signal, sys, time\n"
        f"def bye(*_): open({str(told)!r}, 'a').write(sys.argv[1] + ' '); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, bye); print('up', flush=True); time.sleep(600)"
    )
    database = Process("database", [sys.executable, "-c", code, "database"], dict(os.environ), stop_last=True)
    worker = Process("worker", [sys.executable, "-c", code, "worker"], dict(os.environ))
    follow(home, database, worker)
    until(lambda: all((home / "logs" / f"{name}.log").read_text() for name in ("database", "worker")))
    supervisor.stop(home)
    assert told.read_text().split() == ["worker", "database"]


def test_after_kill_of_the_supervisor_nothing_stays_behind(home: Path):
    """kill -9 of the supervisor: its processes live on, `down` ends them all the same."""
    pid = follow(home, process(home, "worker"))["worker"]["pid"]
    os.kill(supervisor.status(home / "run")["pid"], signal.SIGKILL)
    until(lambda: supervisor.status(home / "run") is None)
    assert proc.started(pid)
    assert supervisor.stop(home) == 1
    assert proc.started(pid) is None


RENAMED = (
    "import os, setproctitle, time\n"
    "setproctitle.setproctitle('a worker')\n"
    "if os.fork() == 0:\n"
    "    os.setsid(); setproctitle.setproctitle('a task')\n"
    "print('up', flush=True); time.sleep(600)"
)


def test_processes_that_rename_themselves_are_found_too(home: Path):
    """A new title overwrites the environment and the mark in it; Airflow's processes all have one."""
    pid = follow(home, process(home, "worker", RENAMED))["worker"]["pid"]
    family = until(lambda: found if len(found := proc.family(pid)) == 2 and title(found[1]) == "a task" else None)
    os.kill(supervisor.status(home / "run")["pid"], signal.SIGKILL)
    until(lambda: supervisor.status(home / "run") is None)
    assert supervisor.stop(home) == 2
    assert [each for each in family if proc.started(each)] == []


def title(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()


def test_an_orphan_of_a_killed_process_ends_with_the_rest(home: Path):
    """kill -9 of a scheduler leaves its task alive in a session of its own; `down` ends that, too."""
    pid = follow(home, process(home, "worker", RENAMED))["worker"]["pid"]
    orphan = until(lambda: found[1] if len(found := proc.family(pid)) == 2 and title(found[1]) == "a task" else None)
    os.kill(pid, signal.SIGKILL)
    until(lambda: child(home, "worker").get("restarts") == 1)
    assert proc.started(orphan)
    supervisor.stop(home)
    assert proc.started(orphan) is None


def test_a_new_supervisor_ends_what_a_killed_one_left(home: Path):
    """`up` after a kill -9 of the supervisor: one worker again, not two."""
    old = follow(home, process(home, "worker"))["worker"]["pid"]
    os.kill(supervisor.status(home / "run")["pid"], signal.SIGKILL)
    until(lambda: supervisor.status(home / "run") is None)
    new = follow(home, process(home, "worker"))["worker"]["pid"]
    assert new != old
    assert supervisor.leftovers(home) == [new]


def test_the_supervisor_outlives_its_caller_and_is_the_only_one(home: Path):
    """It has a session of its own, and a second one for the same home refuses to run."""
    follow(home, process(home, "worker"))
    pid = supervisor.status(home / "run")["pid"]
    assert os.getsid(pid) == pid
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-m", "crossdock.stack.supervisor", str(home)]) == 3
