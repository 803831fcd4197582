"""A trading partner with a real SFTP mailbox and a real database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import psycopg
import pytest

from crossdock import contracts
from crossdock.core import connections
from crossdock.core.connections import Connection
from crossdock.edi import api
from crossdock.landing.ingest import ingest

PARTNER = "acme-edi"


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


@dataclass
class Desk:
    """The product's side: land what is in the mailbox, judge it, answer it."""

    connection: psycopg.Connection
    dsn: str
    mailbox: Path

    def receive(self, **files: bytes) -> int:
        """Put files into the mailbox and land them; returns how many records are new."""
        for name, content in files.items():
            (self.mailbox / "outbound" / f"{name}.edi").write_bytes(content)
        return ingest(PARTNER, "interchanges", conninfo=self.dsn).records_landed

    def judge(self) -> int:
        """What a lane does with waiting records: verdicts, duplicates, answers; returns how many answers are new."""
        with self.connection.transaction():
            self.connection.execute(
                """
                create temp table if not exists claimed (record_id bigint primary key, feed_id integer) on commit drop;
                with taken as (delete from raw.pending_records returning record_id)
                insert into pg_temp.claimed select record_id, feed_id from taken join raw.records using (record_id)
                """
            )
            rows = self.connection.execute("select record_id, feed_id from pg_temp.claimed order by 1").fetchall()
            contracts.judge(self.connection, sorted({feed_id for _, feed_id in rows}))
            api.judge_duplicates(self.connection, [record_id for record_id, _ in rows])
            return api.acknowledge(self.connection, [record_id for record_id, _ in rows])

    def rows(self, query: str, *values: object) -> list[tuple]:
        return self.connection.execute(query, values).fetchall()


@pytest.fixture
def desk(database: dict[str, str], mailbox: Path) -> Iterator[Desk]:
    """A desk whose partner is known, with two items and two units mapped."""
    with psycopg.connect(database["app"], options="-c TimeZone=UTC", autocommit=True) as connection:
        connection.execute(
            """
            insert into ref.partners (partner_id, name, system_type, role_code, owner, settings)
            values ('acme-edi', 'Acme', 'x12', 'edi', 'edi', '{"connection": "acme_edi"}');
            insert into ref.feeds (partner_id, feed, feed_type, contract, mode)
            values ('acme-edi', 'interchanges', 'x12.interchanges', 'x12/interchanges.v1', 'file');
            insert into ref.code_map (system_type, partner_id, kind, their_code, our_code, approved_by)
            values ('x12', '*', 'uom', 'EA', 'EA', 'test'), ('x12', '*', 'uom', 'CA', 'CS', 'test'),
                ('x12', 'acme-edi', 'sku', 'VP4001', 'SKU-1', 'test'),
                ('x12', 'acme-edi', 'sku', 'VP4002', 'SKU-2', 'test')
            """
        )
        yield Desk(connection, database["app"], mailbox)
