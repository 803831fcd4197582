"""The mailboxes of the EDI partner and of the returns system, over SFTP, through the product's own client."""

from __future__ import annotations

import psycopg
import pytest

import lab_samples as samples
from crossdock.core.connections import Connection
from crossdock.core.errors import CrossdockError, NotPermitted
from crossdock.transport.sftp import Mailbox
from crossdock_lab.systems.returns import payloads as returns
from crossdock_lab.systems.x12 import payloads as x12


def connection(lab, conn_id: str = "acme_edi", **changes: object) -> Connection:
    given = lab.conn[conn_id] | changes
    return Connection(
        conn_id, "sftp", given["host"], given["port"], given["login"], given["password"], "", given["extra"]
    )


def test_files_appear_when_they_are_due(lab, eventually) -> None:
    """An 850 that is due is there, whole; one of tomorrow is not."""
    content = x12.purchase_order_850(samples.purchase_order(samples.order(channel="edi")))
    with psycopg.connect(lab.dsn) as db:
        for name, due_at in (("850_1.edi", samples.AT), ("850_2.edi", samples.NOW.replace(day=20))):
            db.execute(
                "insert into lab.files (partner, path, content, due_at) values ('acme-edi', %s, %s, %s)",
                [f"out/{name}", content, due_at],
            )
    with Mailbox(connection(lab)) as box:
        eventually(lambda: box.list("outbound"))
        assert [file.path for file in box.list("outbound")] == ["outbound/850_1.edi"]
        assert box.read("outbound/850_1.edi") == content


def test_each_login_sees_its_own_files(lab, eventually) -> None:
    """The returns system's exports are at the top of its own mailbox, and in nobody else's."""
    content = returns.export(samples.return_line(samples.order()))
    with psycopg.connect(lab.dsn) as db:
        db.execute(
            "insert into lab.files (partner, path, content, due_at) values ('returns-main', %s, %s, %s)",
            ["returns_1.csv", content, samples.AT],
        )
    with Mailbox(connection(lab, "returns_main")) as theirs, Mailbox(connection(lab)) as box:
        eventually(lambda: theirs.list("."))
        assert [file.path for file in theirs.list(".")] == ["./returns_1.csv"]
        assert theirs.read("returns_1.csv") == content
        assert box.list("outbound") == []


def test_what_we_send_is_recorded_once(lab, eventually) -> None:
    """A 997 that we put there is a write with its bytes; sent again it is a repeat; the partner takes both away."""
    content = x12.functional_ack_997(samples.acknowledgement())
    with Mailbox(connection(lab)) as box:
        for count, name in enumerate(("997_1.edi", "997_1_again.edi"), start=1):
            box.write(f"inbound/{name}", content)
            eventually(lambda count=count: len(lab.rows("select from lab.writes where system = 'x12'")) == count)
        eventually(lambda: not box.list("inbound"))
    rows = lab.rows("select method, path, content, outcome from lab.writes order by write_id")
    assert [(row[1], row[3]) for row in rows] == [
        ("inbound/997_1.edi", "200 received"),
        ("inbound/997_1_again.edi", "200 repeated"),
    ]
    assert {bytes(row[2]) for row in rows} == {content}


def test_strangers_stay_out(lab) -> None:
    """A wrong password, and a host key that is not the pinned one."""
    with pytest.raises(NotPermitted):
        Mailbox(connection(lab, password="wrong")).open()
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIDnJgcyAyJfUhdAsg3h7YjzVUHzPvYJkKuC9Ff0nJ8u"
    with pytest.raises(CrossdockError):
        Mailbox(connection(lab, extra={"host_key": other})).open()
    with Mailbox(connection(lab)) as box, pytest.raises(CrossdockError):
        box.read("../../../../etc/passwd")
