"""An OpenSSH server of these tests' own: key of ours, host key pinned, one mailbox below it.

As root the mailbox is a chroot of the user nobody, as a real partner's is; else a folder of whoever runs the tests.
"""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import asyncssh
import psutil
import pytest

from crossdock.core.connections import Connection
from crossdock.stack.postgres import free_port

IS_ROOT = os.geteuid() == 0
USER = "nobody" if IS_ROOT else getpass.getuser()
KINDS = ("ed25519", "ecdsa", "rsa")
RIGHTS = "-u 0027"  # the umask of many: what they write, others may not read


def command() -> str:
    found = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if not found:
        pytest.skip("OpenSSH's server is not installed: run `apt-get install openssh-server`")
    return found


@dataclass
class Sshd:
    """The server, and the folder that its login sees."""

    folder: Path
    host_keys: Path
    connection: Connection
    configuration: Path
    process: subprocess.Popen | None = None

    @property
    def root(self) -> Path:
        """The mailbox: `outbound` is theirs, `inbound` ours."""
        return self.folder / "mailbox"

    def drop(self, name: str | bytes, content: bytes, *, age: float = 60) -> Path:
        """Put a file into `outbound` as the partner would, last changed `age` seconds ago."""
        path = Path(os.fsdecode(os.fsencode(self.root / "outbound") + b"/" + os.fsencode(name)))
        path.write_bytes(content)
        then = time.time() - age
        os.utime(path, (then, then))
        return path

    def start(self) -> None:
        """Listen; returns when the server greets."""
        with (self.folder / "sshd.log").open("ab") as log:
            arguments = [command(), "-D", "-e", "-f", str(self.configuration)]
            self.process = subprocess.Popen(arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        until = time.monotonic() + 20
        while not self._greets():
            assert time.monotonic() < until, (self.folder / "sshd.log").read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        """Kill the server and every session of it at once."""
        own = psutil.Process(self.process.pid)
        for process in [*own.children(recursive=True), own]:
            process.kill()
        self.process.wait(10)

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.connection.port), 1) as made:
                return made.recv(4) == b"SSH-"
        except OSError:
            return False

    def folder_of_theirs(self, name: str) -> Path:
        """A new folder in the mailbox that the login may write to."""
        made = self.root / name
        made.mkdir()
        if IS_ROOT:
            shutil.chown(made, USER)
        return made

    def host_key(self, kind: str) -> str:
        """One of the server's keys, as ssh-keyscan shows it: `ssh-rsa AAAA…`."""
        return " ".join((self.host_keys / f"{kind}.pub").read_text().split()[:2])

    def reached_with(self, **extra: str) -> Connection:
        """The connection with other extras."""
        return replace(self.connection, extra={**self.connection.extra, **extra})


@pytest.fixture(scope="session")
def host_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key of each kind, as servers have them."""
    folder = tmp_path_factory.mktemp("host-keys")
    for kind in KINDS:
        arguments = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(folder / kind)]
        subprocess.run(arguments, check=True, capture_output=True)
    return folder


@pytest.fixture
def sshd(request: pytest.FixtureRequest) -> Iterator[Sshd]:
    """A running server with an empty mailbox."""
    command()  # before anything is made, as it may skip
    # A chroot and what is above it must belong to root, so that /tmp will not do.
    folder = Path(tempfile.mkdtemp(prefix="crossdock-sftp-", dir="/srv" if IS_ROOT else None))
    folder.chmod(0o755)
    made = _made(folder, request.getfixturevalue("host_keys"))
    made.start()
    yield made
    if made.process.poll() is None:
        made.kill()
    shutil.rmtree(folder)


def _made(folder: Path, host_keys: Path) -> Sshd:
    port, key = free_port(), asyncssh.generate_private_key("ssh-ed25519")
    (folder / "authorized_keys").write_bytes(key.export_public_key())
    (folder / "authorized_keys").chmod(0o644)
    (folder / "mailbox").mkdir(mode=0o755)
    if IS_ROOT:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    (folder / "sshd_config").write_text(_configuration(folder, host_keys, port))
    extra = {"private_key": key.export_private_key().decode()}
    connection = Connection("acme_edi", "sftp", "127.0.0.1", port, USER, extra=extra)
    made = Sshd(folder, host_keys, connection, folder / "sshd_config")
    made.connection = made.reached_with(host_key=made.host_key("ed25519"))
    made.folder_of_theirs("outbound")
    made.folder_of_theirs("inbound")
    return made


def _configuration(folder: Path, host_keys: Path, port: int) -> str:
    lines = [
        f"Port {port}", "ListenAddress 127.0.0.1", "PidFile none", "PasswordAuthentication no",
        "KbdInteractiveAuthentication no", f"AuthorizedKeysFile {folder}/authorized_keys",
        "Subsystem sftp internal-sftp", *(f"HostKey {host_keys}/{kind}" for kind in KINDS),
    ]  # fmt: skip
    if IS_ROOT:
        lines += ["UsePAM no", f"ChrootDirectory {folder}/mailbox", f"ForceCommand internal-sftp {RIGHTS}"]
    else:
        lines += ["UsePAM yes", "StrictModes no", f"ForceCommand internal-sftp {RIGHTS} -d {folder}/mailbox"]
    return "\n".join([*lines, ""])
