"""The mailbox against a real SFTP server (asyncssh), host key pinned."""

from __future__ import annotations

import asyncio
import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path

import asyncssh
import pytest

from crossdock.connectors.base import connector_for
from crossdock.core.connections import Connection
from crossdock.core.errors import Misconfigured, NotPermitted, PartnerDown, Refused
from crossdock.transport.sftp import Mailbox


class Login(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("acme", "s3cret")


@dataclass
class Server:
    root: Path
    connection: Connection
    loop: asyncio.AbstractEventLoop


@pytest.fixture
def server(tmp_path: Path):
    """An SFTP server of this test alone; `connection` reaches it."""
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen():
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[key],
            server_factory=Login,
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(tmp_path)),
        )

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    (tmp_path / "outbound").mkdir()
    (tmp_path / "inbound").mkdir()
    connection = Connection(
        "acme_edi",
        conn_type="sftp",
        host="127.0.0.1",
        port=acceptor.get_port(),
        login="acme",
        password="s3cret",
        extra={"host_key": key.export_public_key().decode().strip()},
    )
    yield Server(tmp_path, connection, loop)

    async def close():
        acceptor.close()
        await acceptor.wait_closed()

    asyncio.run_coroutine_threadsafe(close(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


def test_list_read_write_and_move(server, watch):
    (server.root / "outbound/850_1.edi").write_bytes(b"ISA*1~")
    (server.root / "outbound/850_2.edi.part").write_bytes(b"ISA*")
    (server.root / "outbound/folder").mkdir()
    with Mailbox(server.connection, gate=watch) as mailbox:
        (found,) = mailbox.list("outbound")
        assert (found.path, found.size) == ("outbound/850_1.edi", 6)
        assert found.modified_at.tzinfo
        assert mailbox.read(found.path) == b"ISA*1~"
        mailbox.write("inbound/997_1.edi", b"ISA*997~")
        mailbox.write("inbound/997_1.edi", b"ISA*998~")
        mailbox.rename(found.path, "outbound/folder/850_1.edi")
        assert mailbox.list("outbound") == []
    assert (server.root / "inbound/997_1.edi").read_bytes() == b"ISA*998~"
    assert [path.name for path in (server.root / "inbound").iterdir()] == ["997_1.edi"]
    assert {told[0] for told in watch.told} == {"enter", "succeeded"}


def test_a_file_is_never_seen_half_written(server):
    """While a large file is written, only its `.part` is there."""
    seen: set[str] = set()
    stop = threading.Event()

    def look():
        while not stop.is_set():
            for path in (server.root / "inbound").glob("*.edi"):
                seen.add(f"{path.name} {path.stat().st_size}")

    watcher = threading.Thread(target=look)
    watcher.start()
    with Mailbox(server.connection) as mailbox:
        mailbox.write("inbound/big.edi", b"x" * 5_000_000)
    stop.set()
    watcher.join(5)
    assert seen <= {"big.edi 5000000"}


def test_another_host_key_is_refused_before_the_password_is_sent(server, watch):
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    forged = replace(server.connection, extra={"host_key": other})
    with pytest.raises(NotPermitted, match="not the pinned one"):
        Mailbox(forged, gate=watch).open()
    assert watch.told[-1][0] == "failed"


@pytest.mark.parametrize("extra", [{}, {"host_key": "nonsense"}])
def test_without_a_pinned_key_nobody_is_called(server, extra):
    with pytest.raises(Misconfigured, match="host"):
        Mailbox(replace(server.connection, extra=extra)).open()


def test_a_wrong_password_a_missing_file_and_too_large_a_file(server):
    with pytest.raises(NotPermitted, match="login refused"):
        Mailbox(replace(server.connection, password="wrong")).open()
    (server.root / "outbound/large").write_bytes(b"x" * 100)
    with Mailbox(server.connection) as mailbox:
        with pytest.raises(Refused, match="nowhere"):
            mailbox.read("outbound/nowhere")
        with pytest.raises(Refused, match="larger than 10 bytes"):
            mailbox.read("outbound/large", largest=10)


def test_nobody_listening_is_an_outage(server, watch):
    with pytest.raises(PartnerDown):
        Mailbox(replace(server.connection, port=1), gate=watch, seconds=3).open()
    assert watch.told[-1][0] == "failed"


def test_standard_files_are_polled_from_a_mailbox(server):
    (server.root / "outbound/orders_1.csv").write_bytes(b"order_ref,ordered_at\n1,2026-01-01\n")
    os.utime(server.root / "outbound/orders_1.csv", (1_700_000_000, 1_700_000_000))
    connector = connector_for("standard", server.connection, {"folder": "outbound", "archive": "outbound/done"})
    (server.root / "outbound/done").mkdir()
    (page,) = connector.pages("orders", {})
    assert [record.native_id for record in connector.records("orders", page.content)] == ["1"]
    assert (server.root / "outbound/done/orders_1.csv").exists()
