"""A trading partner with a real SFTP mailbox and a real database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import psycopg
import pytest

from crossdock.core import connections
from crossdock.core.connections import Connection
from edi_desk import KNOWN, Desk


class Login(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("acme", "s3cret")


@pytest.fixture
def mailbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of an SFTP server of this test; the product reaches it as `acme_edi`."""
    for name in ("outbound", "inbound"):
        (tmp_path / name).mkdir()
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[key], server_factory=Login,
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(tmp_path)),
        )  # fmt: skip

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    extra = {"host_key": key.export_public_key().decode().strip()}
    given = Connection("acme_edi", "sftp", "127.0.0.1", acceptor.get_port(), "acme", "s3cret", extra=extra)
    monkeypatch.setattr(connections, "_resolver", lambda conn_id: given)
    yield tmp_path
    acceptor.close()
    asyncio.run_coroutine_threadsafe(acceptor.wait_closed(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


@pytest.fixture
def desk(database: dict[str, str], mailbox: Path) -> Iterator[Desk]:
    """A desk whose partner is known, with two items and two units mapped."""
    with psycopg.connect(database["app"], options="-c TimeZone=UTC", autocommit=True) as connection:
        connection.execute(KNOWN)
        yield Desk(connection, database["app"], mailbox)
