"""The SFTP mailboxes of the EDI partner and of the returns system, on one server; each login sees its own.

Of the EDI partner's, seen from us, `outbound/` holds what they send, `inbound/` takes what we send. What we put into
`inbound/` is a row of `lab.writes` as soon as it has its final name (`.part` and dot files are still being written) and
is then taken away to `archive/`, which we do not see. The returns system only sends: its files are at the top. Files
appear when they are due (`lab.files`). The host key and the passwords are kept in the lab's database.
"""

from __future__ import annotations

import asyncio
import os
import posixpath
from pathlib import Path

import asyncssh

from crossdock_lab.systems.http import BEFORE, Lab, same

LOGIN, RETURNS_LOGIN = "crossdock", "crossdock-returns"
OUTBOUND, INBOUND, ARCHIVE = "outbound", "inbound", "archive"


class Login(asyncssh.SSHServer):
    """Lets those in who have a password here."""

    def __init__(self, passwords: dict[str, str]) -> None:
        self.passwords = passwords

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return username in self.passwords and same(password, self.passwords[username])


class Mailbox:
    """The EDI partner's mailbox in `folder`, and the returns system's beside it (made when absent)."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab, self.folder = lab, folder
        self.lock = asyncio.Lock()
        self.archive = folder.with_name(f"{folder.name}-{ARCHIVE}")
        self.returns = folder.with_name(f"{folder.name}-returns")
        self.places = {"acme-edi": folder / OUTBOUND, "returns-main": self.returns}
        for path in (*self.places.values(), folder / INBOUND, self.archive):
            path.mkdir(parents=True, exist_ok=True)

    async def listen(self, host: str, port: int) -> asyncssh.SSHAcceptor:
        """Start the server; `get_port()` of what it returns says where."""
        key = asyncssh.import_private_key(self.lab.secrets["x12_host_key"])
        passwords = {LOGIN: self.lab.secrets["x12"], RETURNS_LOGIN: self.lab.secrets["returns"]}
        return await asyncssh.listen(
            host, port, server_host_keys=[key], server_factory=lambda: Login(passwords), allow_scp=False,
            sftp_factory=self._opened,
        )  # fmt: skip

    def _opened(self, channel: asyncssh.SSHServerChannel) -> asyncssh.SFTPServer:
        home = {LOGIN: self.folder, RETURNS_LOGIN: self.returns}[channel.get_extra_info("username")]
        return asyncssh.SFTPServer(channel, chroot=os.fspath(home))

    async def look(self) -> None:
        """Drop what is due and take in what has come."""
        async with self.lock:
            await self.drop()
            await self.collect()

    async def drop(self) -> int:
        """Write the files that are due, each under a hidden name first; how many."""
        async with self.lab.pool.connection() as connection:
            cursor = await connection.execute(
                """
                update lab.files set dropped_at = clock_timestamp() from lab.clock
                where dropped_at is null and files.due_at <= processed_through returning partner, path, content
                """
            )
            due = await cursor.fetchall()
            for partner, path, content in due:
                self._write(self.places[partner] / posixpath.basename(path), content)
        return len(due)

    def _write(self, final: Path, content: bytes) -> None:
        making = final.with_name(f".{final.name}.part")
        making.write_bytes(content)
        making.replace(final)

    async def collect(self) -> int:
        """Record what we have put into `inbound/` and take it away; how many files."""
        waiting = sorted(path for path in (self.folder / INBOUND).iterdir() if _is_whole(path))
        for path in waiting:
            await self._record(path)
            path.replace(self.archive / f"{path.stat().st_mtime_ns}-{path.name}")
        return len(waiting)

    async def _record(self, path: Path) -> None:
        name = f"{INBOUND}/{path.name}"
        async with self.lab.pool.connection() as connection:
            await connection.execute(
                """
                insert into lab.writes (system, method, path, idempotency_key, content, received_at, outcome)
                select 'x12', 'PUT', %(path)s, %(path)s, %(content)s,
                    coalesce((select processed_through from lab.clock), %(before)s),
                    case when exists (select from lab.writes where system = 'x12' and content = %(content)s)
                        then '200 repeated' else '200 received' end
                """,
                {"path": name, "content": path.read_bytes(), "before": BEFORE},
            )


def _is_whole(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and path.suffix not in (".part", ".tmp")


def new_host_key() -> str:
    """A private key for the server, as OpenSSH writes it."""
    return asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()


def known_host(private_key: str) -> str:
    """The public half, as it stands behind the host's name in `known_hosts`."""
    return asyncssh.import_private_key(private_key).export_public_key().decode().strip()
