"""What can be killed, and comes back: a Postgres of its own, and processes forked from the test."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from crossdock.stack import proc
from crossdock.stack.postgres import Server, _give, _unprivileged, binaries, free_port

FORK = multiprocessing.get_context("fork")
DURABLE = ("fsync=off", "full_page_writes=off", "max_connections=200")
"""A killed process loses nothing that it wrote, synced or not; what is committed is written, as nothing else is off."""


class Mortal:
    """A running Postgres that may be killed at any moment."""

    def __init__(self, server: Server, log: Path) -> None:
        self.server, self.log = server, log
        self.process = server.start(log, *DURABLE)

    def kill(self) -> None:
        """kill -9, and start it again once the last of its backends has noticed."""
        family = proc.family(self.process.pid)
        self.process.kill()
        self.process.wait()
        until = time.monotonic() + 60
        while any(proc.started(pid) for pid in family if pid != self.process.pid):
            assert time.monotonic() < until, "backends of the killed server go on"
            time.sleep(0.02)
        self.process = self.server.start(self.log, *DURABLE)


@contextmanager
def copy_of(source: Server, folder: Path) -> Iterator[Mortal]:
    """A server with the same databases and roles, in a folder of its own that must not exist yet."""
    folder.mkdir(mode=0o755)
    server = Server(folder, free_port(), source.password)
    server.data.mkdir(mode=0o700)
    _give(server.data)
    subprocess.run(
        [*_unprivileged(), binaries() / "pg_basebackup", "-d", source.superuser, "-D", server.data, "-c", "fast",
         "--no-sync"],
        cwd="/", check=True, capture_output=True,
    )  # fmt: skip
    mortal = Mortal(server, folder / "postgres.log")
    try:
        yield mortal
    finally:
        server.stop()
        mortal.process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def forked(work: Callable[[], object]) -> BaseProcess:
    """`work` in a process of its own, which starts at once since everything is imported. Exit status 1: it raised."""
    process = FORK.Process(target=work)
    process.start()
    return process


def kill(process: BaseProcess) -> bool:
    """kill -9; whether there was somebody to kill."""
    was_alive = process.is_alive()
    if was_alive:
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    return was_alive
