"""What a benchmark costs: CPU seconds of a process and its children, plus what Postgres used meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of the command and of Postgres, peak memory of the command in MB."""

    own: float
    postgres: float
    rss_mb: float
    output: str

    @property
    def cpu(self) -> float:
        return self.own + self.postgres


def tree_cpu(pid: int) -> float:
    """CPU seconds of a process, its living descendants, and the dead ones they have waited for."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
        return 0.0
    own = sum(int(fields[i]) for i in (11, 12, 13, 14)) / TICK
    return own + sum(tree_cpu(int(child)) for child in children)


class Peak(threading.Thread):
    """Watches the peak memory of a process. `ru_maxrss` will not do: after a fork it starts at the parent's."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.status = Path(f"/proc/{pid}/status")
        self.mb = 0.0
        self.done = threading.Event()
        self.start()

    def run(self) -> None:
        while not self.done.wait(0.02):
            try:
                text = self.status.read_text()
            except (FileNotFoundError, ProcessLookupError):
                return
            if "VmHWM:" in text:
                self.mb = int(text.split("VmHWM:")[1].split()[0]) / 1024

    def stop(self) -> float:
        """MB at the highest."""
        self.done.set()
        self.join()
        return self.mb


def run(words: Sequence[str], environment: dict[str, str], postgres_pid: int) -> Cost:
    """Run one command to its end and count. Raises CalledProcessError with the command's own words when it fails."""
    before = tree_cpu(postgres_pid)
    process = subprocess.Popen(words, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    peak = Peak(process.pid)
    output, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise subprocess.CalledProcessError(status, list(words), output, errors.decode()[-2000:])
    own = usage.ru_utime + usage.ru_stime
    return Cost(own, tree_cpu(postgres_pid) - before, peak.stop(), output.decode())


def python(script: Path, *words: str) -> list[str]:
    """The command for a script of ours, in this interpreter."""
    return [sys.executable, str(script), *words]
