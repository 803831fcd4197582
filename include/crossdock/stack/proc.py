"""What /proc says about processes: alive, memory, and which of them belong to an installation."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

MARK = "CROSSDOCK_SUPERVISED_BY"
"""Every supervised process and all its descendants carry this variable; its value is the installation's home."""


def started(pid: int) -> str | None:
    """The start time of a living process in kernel ticks, which with the pid names it for good; None: it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else fields[19]


def pss_mib(pids: list[int]) -> float:
    """Proportional memory of these processes in MiB: shared pages are divided among their users."""
    total = 0
    for pid in pids:
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except (OSError, ProcessLookupError):
            continue
    return total / 1024


def _table() -> dict[int, list[str]]:
    """pid → the fields of its stat file after the name: state, parent, group, session, …"""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = (entry / "stat").read_text().rpartition(")")[2].split()
            except (OSError, ProcessLookupError):
                continue
    return found


def family(*roots: int, table: dict[int, list[str]] | None = None) -> list[int]:
    """Processes and all their living descendants."""
    table = _table() if table is None else table
    found = list(roots)
    for pid in found:
        found += [child for child, fields in table.items() if int(fields[1]) == pid and child not in found]
    return found


def children(parent: int) -> list[int]:
    """Direct children of a process, zombies included."""
    return [pid for pid, fields in _table().items() if int(fields[1]) == parent]


def _is_marked(pid: int, mark: bytes) -> bool:
    try:
        return mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (OSError, ProcessLookupError):
        return False


def members(home: Path, leaders: dict[int, str]) -> list[int]:
    """Every living process of the installation at `home`, whoever its parent is by now; never the caller.

    A process that renames itself (Airflow's do) overwrites its environment and so its mark; it is known by its group or
    session. `leaders` are those that were started, with their start times: while anybody is left in a group, its
    leader's number is given to nobody else, and a leader with another start time is a stranger.
    """
    table = _table()
    mark = f"{MARK}={home}".encode()
    groups = {pid for pid, start in leaders.items() if started(pid) in (None, start)}
    roots = [
        pid
        for pid, fields in table.items()
        if int(fields[2]) in groups or int(fields[3]) in groups or _is_marked(pid, mark)
    ]
    return [pid for pid in family(*roots, table=table) if pid != os.getpid() and started(pid)]


def send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def end(who: Callable[[], list[int]], seconds: float = 15) -> int:
    """End these processes: ask, wait, then kill, until `who` names nobody. Returns how many there were."""
    left = who()
    count = len(left)
    for pid in left:
        send(pid, signal.SIGTERM)
    until = time.monotonic() + seconds
    while (left := who()) and time.monotonic() < until:
        time.sleep(0.1)
    while left:
        for pid in left:
            send(pid, signal.SIGKILL)
        time.sleep(0.1)
        left = who()
    return count
