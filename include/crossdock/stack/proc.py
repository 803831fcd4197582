"""What /proc says about processes: alive, memory, and which of them belong to an installation."""

from __future__ import annotations

import os
import signal
import time
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


def _all() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def parents() -> dict[int, int]:
    """pid → parent's pid of everything that runs."""
    found = {}
    for pid in _all():
        try:
            found[pid] = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ProcessLookupError):
            continue
    return found


def family(root: int) -> list[int]:
    """A process and all its living descendants."""
    above, found = parents(), [root]
    for pid in found:
        found += [child for child, parent in above.items() if parent == pid]
    return found


def marked(home: Path) -> list[int]:
    """Every living process of the installation at `home`, whoever its parent is by now; never the caller."""
    mark = f"{MARK}={home}".encode()
    found = []
    for pid in _all():
        try:
            if pid != os.getpid() and mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") and started(pid):
                found.append(pid)
        except (OSError, ProcessLookupError):
            continue
    return found


def send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def sweep(home: Path, seconds: float = 15) -> int:
    """End whatever of the installation still runs: ask, wait, then kill. Returns how many there were."""
    left = marked(home)
    count = len(left)
    for pid in left:
        send(pid, signal.SIGTERM)
    until = time.monotonic() + seconds
    while (left := marked(home)) and time.monotonic() < until:
        time.sleep(0.1)
    while left:
        for pid in left:
            send(pid, signal.SIGKILL)
        time.sleep(0.1)
        left = marked(home)
    return count
