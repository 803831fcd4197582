"""SFTP mailboxes: list, read, write, over a client whose host key is pinned.

Files are written under a temporary name and renamed, so that the partner never reads half of one.
"""

from __future__ import annotations

import asyncio
import contextlib
import posixpath
import secrets
import stat
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncssh
from asyncssh.public_key import get_default_public_key_algs

from crossdock.core.connections import Connection
from crossdock.core.errors import CrossdockError, Misconfigured, NotPermitted, PartnerDown, Refused
from crossdock.transport.gate import Gate, OpenGate

LARGEST_FILE = 256 * 1024 * 1024
PARTIAL = ".part"
PARTIALS = (PARTIAL, ".filepart", ".tmp")
"""How names of files end that are still being written: ours, WinSCP's, many others'."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a mailbox."""

    path: str
    """As the server needs it: bytes that are no UTF-8 are kept as lone surrogates, which nothing but SFTP takes."""
    size: int
    modified_at: datetime
    """Whole seconds, by the server's clock."""

    @property
    def shown(self) -> str:
        """The path as text for people, logs and databases."""
        return shown(self.path)


class Mailbox:
    """A partner's SFTP server. Open it, or use it as a context manager; not shared between threads."""

    def __init__(self, connection: Connection, *, gate: Gate | None = None, seconds: float = 30.0) -> None:
        self._connection = connection
        self._gate = gate or OpenGate()
        self._seconds = seconds
        self._runner: asyncio.Runner | None = None
        self._ssh: asyncssh.SSHClientConnection | None = None
        self._sftp: asyncssh.SFTPClient | None = None

    def __enter__(self) -> Mailbox:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> Mailbox:
        """Connect. Raises NotPermitted for a host key that is not the pinned one, PartnerDown, Misconfigured."""
        self._runner = asyncio.Runner()
        try:
            self._run(self._open(), "connecting")
        except BaseException:
            self._runner.close()
            raise
        return self

    def close(self) -> None:
        """Hang up."""
        try:
            self._runner.run(self._shut())
        finally:
            self._runner.close()

    def list(self, folder: str) -> list[RemoteFile]:
        """The finished files of a folder, oldest first; folders and half-written files (`.part`) are left out."""
        entries = self._run(self._sftp.readdir(folder), f"listing {shown(folder)}")
        files = [
            _file(posixpath.join(folder, entry.filename), entry.attrs)
            for entry in entries
            if stat.S_ISREG(entry.attrs.permissions or 0) and not is_partial(entry.filename)
        ]
        return sorted(files, key=lambda file: (file.modified_at, file.path))

    def look(self, path: str) -> RemoteFile | None:
        """The file as it is now; None where there is none."""
        return self._run(self._look(path), f"looking at {shown(path)}")

    def read(self, path: str, *, largest: int = LARGEST_FILE) -> bytes:
        """The whole file. Raises Refused when it is larger than `largest` bytes or not there."""
        return self._run(self._read(path, largest), f"reading {shown(path)}")

    def write(self, path: str, content: bytes) -> None:
        """Put a file in place at once; an older one of that name is replaced."""
        self._run(self._write(path, content), f"writing {shown(path)}")

    def rename(self, path: str, new_path: str) -> None:
        """Move a file, as into an archive folder."""
        self._run(self._sftp.posix_rename(path, new_path), f"moving {shown(path)}")

    async def _open(self) -> None:
        given = self._connection
        pinned = _pinned(given)
        self._ssh = await asyncssh.connect(
            given.host,
            given.port or 22,
            username=given.login,
            password=given.password or None,
            client_keys=_client_keys(given),
            known_hosts=asyncssh.import_known_hosts(f"* {given.extra['host_key']}\n"),
            server_host_key_algs=_algorithms(pinned),
            config=None,
            agent_path=None,
            connect_timeout=self._seconds,
            keepalive_interval=15,
        )
        self._sftp = await self._ssh.start_sftp_client(path_errors="surrogateescape")

    async def _shut(self) -> None:
        if self._sftp:
            self._sftp.exit()
        if self._ssh:
            self._ssh.close()
            await self._ssh.wait_closed()

    async def _look(self, path: str) -> RemoteFile | None:
        try:
            return _file(path, await self._sftp.stat(path))
        except asyncssh.SFTPNoSuchFile:
            return None

    async def _read(self, path: str, largest: int) -> bytes:
        async with self._sftp.open(path, "rb") as file:
            content = await file.read(largest + 1)
        if len(content) > largest:
            raise Refused(f"{shown(path)} is larger than {largest} bytes", hint="ask the partner to split the file")
        return content

    async def _write(self, path: str, content: bytes) -> None:
        partial = f"{path}.{secrets.token_hex(4)}{PARTIAL}"
        try:
            async with self._sftp.open(partial, "wb") as file:
                await file.write(content)
            await self._sftp.posix_rename(partial, path)
        except asyncssh.SFTPError:
            with contextlib.suppress(asyncssh.Error):  # it may never have come to be, or nobody is there any more
                await self._sftp.remove(partial)
            raise

    def _run(self, work: Coroutine, what: str):
        where = f"{what} at {self._connection.host}:{self._connection.port or 22}"
        try:
            self._gate.enter()
        except CrossdockError:
            work.close()
            raise
        try:
            result = self._runner.run(asyncio.wait_for(work, self._seconds))
        except CrossdockError:
            raise
        except (OSError, asyncssh.Error, TimeoutError) as error:
            raised = _error(error, where)
            if isinstance(raised, PartnerDown | NotPermitted):
                self._gate.failed(str(raised))
            raise raised from error
        self._gate.succeeded()
        return result


def is_partial(name: str) -> bool:
    """Whether a file's name says that it is still being written."""
    return name.lower().endswith(PARTIALS)


def shown(path: str) -> str:
    """A path as text: bytes of a name that are no UTF-8 are written `\\xe4`."""
    return path.encode(errors="surrogateescape").decode(errors="backslashreplace")


def _file(path: str, of: asyncssh.SFTPAttrs) -> RemoteFile:
    return RemoteFile(path, of.size or 0, datetime.fromtimestamp(of.mtime or 0, UTC))


def _pinned(given: Connection) -> asyncssh.SSHKey:
    """The pinned key, as `ssh-ed25519 AAAA…` in extra.host_key; without one nothing is trusted."""
    key = given.extra.get("host_key", "")
    if not key:
        raise Misconfigured(
            f"connection {given.conn_id!r} pins no host key",
            hint="put the server's public key (ssh-keyscan) into extra.host_key, checked by another way",
        )
    try:
        return asyncssh.import_public_key(key)
    except ValueError as error:
        raise Misconfigured(f"extra.host_key of {given.conn_id!r} is no public key: {error}") from None


def _algorithms(pinned: asyncssh.SSHKey) -> list[str]:
    """Kinds of host keys to ask for: that of the pinned one first, for servers that have several.

    Then all others: a server without that kind shows another key, and so is known for a stranger. Asked for the pinned
    kind alone it would only hang up.
    """
    wanted = [*pinned.sig_algorithms, *get_default_public_key_algs()]
    return [name.decode() for name in dict.fromkeys(wanted)]


def _client_keys(given: Connection) -> list:
    """Our private key from extra.private_key, else none: the machine's own keys are never offered."""
    text = given.extra.get("private_key")
    try:
        return [asyncssh.import_private_key(text, given.extra.get("private_key_passphrase"))] if text else []
    except ValueError as error:  # so are asyncssh's errors of keys and passphrases
        raise Misconfigured(
            f"extra.private_key of {given.conn_id!r} cannot be used: {error}",
            hint="give it as ssh-keygen writes it; its passphrase, if it has one, is extra.private_key_passphrase",
        ) from None


def _error(error: Exception, where: str) -> CrossdockError:
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return NotPermitted(
            f"{where}: the server's host key is not the pinned one",
            hint="ask the partner whether the key was changed; never accept it unseen",
        )
    if isinstance(error, asyncssh.PermissionDenied):
        return NotPermitted(f"{where}: login refused", hint="check the login, password or key of the connection")
    if isinstance(error, asyncssh.SFTPPermissionDenied):
        return NotPermitted(f"{where}: not allowed", hint="ask the partner for the right to this folder")
    if isinstance(error, asyncssh.SFTPError) and not isinstance(
        error, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection
    ):
        return Refused(f"{where}: {error.reason}", hint="check the path")
    return PartnerDown(f"{where}: {type(error).__name__} {error}", hint="it is tried again by itself")
