"""The EDI mailbox on a real OpenSSH server: what the partner drops is read once, what we owe arrives whole.

Install it with `apt-get install openssh-server`; no server of the machine is touched.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator

import asyncssh
import psycopg
import pytest

from crossdock.connectors.base import connector_for
from crossdock.core import connections
from crossdock.core.errors import Misconfigured, NotPermitted, PartnerDown, Refused
from crossdock.edi import api
from crossdock.edi.documents import documents
from crossdock.transport.sftp import Mailbox
from edi_desk import KNOWN, PARTNER, Desk
from edi_samples import purchase_order

ODD_NAMES = ("-rf", "a b%s.edi", "[1]*?.edi", "line\nend.edi", "'q\".edi", "~$x.edi", "Bestellung Größe.edi")
SENT = "select document_type, state, count(*) from ops.outbound_documents group by 1, 2 order by 1, 2"


def poll(sshd, cursor: dict | None = None, **settings) -> tuple[dict[str, bytes], dict]:
    """Contents by path of the files read, and the cursor afterwards."""
    connector = connector_for("x12", sshd.connection, {"quiet_seconds": 0.3, **settings})
    pages = list(connector.pages("interchanges", cursor or {}))
    return {page.source_ref: page.content for page in pages}, pages[-1].cursor if pages else cursor or {}


@pytest.fixture
def desk(database: dict[str, str], sshd, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The product, its partner's mailbox on the server."""
    monkeypatch.setattr(connections, "_resolver", lambda conn_id: sshd.connection)
    with psycopg.connect(database["app"], options="-c TimeZone=UTC", autocommit=True) as connection:
        connection.execute(KNOWN)
        yield Desk(connection, database["app"], sshd.root)


def test_a_dropped_order_is_answered_in_the_mailbox_once(sshd, desk):
    """850 in; TA1, 997 and 855 out, under their final names and nothing else; a second poll finds nothing."""
    sshd.drop("850_1.edi", purchase_order())
    assert desk.receive() == 2
    assert desk.judge() == 3
    assert api.send_ready(PARTNER, conninfo=desk.dsn) == 3
    sent = {path.name: path.read_bytes() for path in (sshd.root / "inbound").iterdir()}
    assert sorted(sent) == ["855_000000003.edi", "997_000000002.edi", "TA1_000000001.edi"]
    assert all(document.verdict == "accepted" for content in sent.values() for document in documents(content))
    assert desk.receive() == 0
    assert desk.judge() == 0
    assert api.send_ready(PARTNER, conninfo=desk.dsn) == 0
    assert {path.name: path.read_bytes() for path in (sshd.root / "inbound").iterdir()} == sent


def test_what_we_write_is_a_part_until_it_is_whole(sshd):
    """A partner that looks all the time sees the file at its full size, or not; other users may not read it."""
    seen: set[tuple[str, int]] = set()
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            for entry in os.scandir(sshd.root / "inbound"):
                if not entry.name.endswith(".part"):
                    seen.add((entry.name, entry.stat().st_size))

    watcher = threading.Thread(target=look)
    watcher.start()
    with Mailbox(sshd.connection) as mailbox:
        mailbox.write("inbound/855_1.edi", b"x" * 4_000_000)
        mailbox.write("inbound/855_1.edi", b"y" * 4_000_000)
    stop.set()
    watcher.join(5)
    assert seen <= {("855_1.edi", 4_000_000)}
    written = sshd.root / "inbound/855_1.edi"
    assert written.read_bytes() == b"y" * 4_000_000
    assert written.stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_put_in_place_leaves_nothing_behind(sshd):
    (sshd.root / "inbound/855_1.edi").mkdir()
    with Mailbox(sshd.connection) as mailbox:
        with pytest.raises(Refused, match=r"writing inbound/855_1\.edi"):
            mailbox.write("inbound/855_1.edi", b"x")
        with pytest.raises(Refused, match="No such file"):
            mailbox.write("nowhere/855_1.edi", b"x")
    assert [path.name for path in (sshd.root / "inbound").iterdir()] == ["855_1.edi"]


def test_a_second_poll_reads_only_what_is_new_or_has_changed(sshd):
    sshd.drop("1.edi", purchase_order())
    sshd.drop("2.edi.part", b"ISA*")
    read, cursor = poll(sshd)
    assert list(read) == ["outbound/1.edi"]
    sshd.drop("2.edi", purchase_order(number="000000124"))
    read, cursor = poll(sshd, cursor)
    assert list(read) == ["outbound/2.edi"]
    assert poll(sshd, cursor) == ({}, cursor)
    sshd.drop("1.edi", purchase_order(number="000000125"), age=30)
    assert list(poll(sshd, cursor)[0]) == ["outbound/1.edi"]


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_any_of_the_servers_keys_may_be_pinned(sshd, kind):
    with Mailbox(sshd.reached_with(host_key=sshd.host_key(kind))) as mailbox:
        assert mailbox.list("outbound") == []


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp384"])
def test_a_server_with_another_key_is_refused_for_a_person(sshd, kind):
    """Also one that has no key of the pinned kind: that is no outage that passes by itself."""
    other = asyncssh.generate_private_key(kind).export_public_key().decode().strip()
    with pytest.raises(NotPermitted, match="host key is not the pinned one") as raised:
        Mailbox(sshd.reached_with(host_key=other)).open()
    assert "never accept it unseen" in raised.value.hint
    assert "Accepted" not in (sshd.folder / "sshd.log").read_text()


def test_a_key_of_ours_that_the_server_does_not_know_is_refused(sshd):
    other = asyncssh.generate_private_key("ssh-ed25519")
    with pytest.raises(NotPermitted, match="login refused"):
        Mailbox(sshd.reached_with(private_key=other.export_private_key().decode())).open()
    with pytest.raises(NotPermitted, match="login refused"):
        Mailbox(sshd.reached_with(private_key="")).open()


def test_a_key_of_ours_may_have_a_passphrase_and_must_be_one(sshd):
    own = asyncssh.import_private_key(sshd.connection.extra["private_key"])
    sealed = own.export_private_key(passphrase="s3cret").decode()
    Mailbox(sshd.reached_with(private_key=sealed, private_key_passphrase="s3cret")).open().close()
    for extra in (
        {"private_key": sealed},
        {"private_key": sealed, "private_key_passphrase": "wrong"},
        {"private_key": "x"},
    ):
        with pytest.raises(Misconfigured, match=r"extra.private_key of 'acme_edi' cannot be used"):
            Mailbox(sshd.reached_with(**extra)).open()


def test_a_file_that_is_still_growing_is_left_until_it_is_whole(sshd):
    """A partner that writes under the final name, slowly: nothing of it is read before its end is there."""
    whole = purchase_order()
    path = sshd.drop("850.edi", whole[:300], age=0)
    is_polled = threading.Event()

    def grow() -> None:
        for end in itertools.cycle(range(300, len(whole) - 30)):
            path.write_bytes(whole[:end])
            if is_polled.wait(0.05):
                return

    writer = threading.Thread(target=grow)
    writer.start()
    assert poll(sshd) == ({}, {})
    is_polled.set()
    writer.join(10)
    path.write_bytes(whole)
    assert poll(sshd)[0] == {"outbound/850.edi": whole}


def test_a_file_that_broke_off_is_refused_and_the_whole_of_it_taken(sshd, desk):
    """It stood still without an end: TA1 R 023. What comes later under its number is no reuse of it."""
    desk.connection.execute("""update ref.partners set settings = settings || '{"quiet_seconds": 0}'""")
    whole = purchase_order()
    sshd.drop("850.edi", whole[:400], age=120)
    desk.receive()
    assert desk.judge() == 1
    sshd.drop("850.edi", whole)
    assert desk.receive() == 2
    assert desk.judge() == 3
    assert api.send_ready(PARTNER, conninfo=desk.dsn) == 4
    said = [(sshd.root / f"inbound/TA1_{number:09d}.edi").read_bytes() for number in (1, 2)]
    assert b"*R*023" in said[0]
    assert b"*A*000" in said[1]


def test_a_change_within_one_second_at_the_same_size_is_read(sshd):
    """The server tells whole seconds: a new order under the old name, of the same length, in the same second."""
    now = time.time()
    first, second = purchase_order(), purchase_order(number="000000124")
    cursor = None
    for content in (first, second):
        path = sshd.drop("850.edi", content)
        os.utime(path, (now, now))
        read, cursor = poll(sshd, cursor)
        assert read == {"outbound/850.edi": content}
    os.utime(path, (now - 60, now - 60))
    _, cursor = poll(sshd, cursor)
    assert poll(sshd, cursor)[0] == {}


def test_a_landed_file_is_moved_to_the_archive_of_the_partner(sshd):
    done = sshd.folder_of_theirs("outbound/done")
    sshd.drop("850.edi", purchase_order())
    assert list(poll(sshd, archive="outbound/done")[0]) == ["outbound/850.edi"]
    assert [path.name for path in done.iterdir()] == ["850.edi"]
    assert poll(sshd, archive="outbound/done")[0] == {}


def test_odd_names_are_read_and_moved(sshd):
    """Blanks, quotes, patterns, a line end, and bytes that are no UTF-8 do not hold up the others."""
    done = sshd.folder_of_theirs("outbound/done")
    for number, name in enumerate((*ODD_NAMES, "Größe.edi".encode("latin-1"))):
        sshd.drop(name, purchase_order(number=f"{number:09d}"))
    read, cursor = poll(sshd, archive="outbound/done")
    assert set(read) == {f"outbound/{name}" for name in (*ODD_NAMES, "Gr\\xf6\\xdfe.edi")}
    assert len(list(done.iterdir())) == len(ODD_NAMES) + 1
    assert poll(sshd, cursor)[0] == {}


def test_an_odd_name_is_kept_with_its_document(sshd, desk):
    """The name goes through the database: as text, where it is none."""
    sshd.drop("Größe\n.edi".encode("latin-1"), purchase_order())
    assert desk.receive() == 2
    assert desk.rows("select source_ref from raw.documents") == [("outbound/Gr\\xf6\\xdfe\n.edi",)]
    assert desk.receive() == 0


def test_a_server_that_dies_between_two_files_goes_on_with_the_second(sshd):
    for number in (1, 2):
        sshd.drop(f"{number}.edi", purchase_order(number=f"{number:09d}"), age=100 - number)
    pages = connector_for("x12", sshd.connection, {}).pages("interchanges", {})
    cursor = next(pages).cursor
    sshd.kill()
    with pytest.raises(PartnerDown, match=r"reading outbound/2\.edi"):
        next(pages)
    with pytest.raises(PartnerDown, match="connecting"):
        poll(sshd, cursor)
    sshd.start()
    assert list(poll(sshd, cursor)[0]) == ["outbound/2.edi"]


def test_answers_that_a_dead_server_did_not_take_arrive_once_it_is_back(sshd, desk):
    """Killed while they are being sent: what had arrived stays, the rest follows, each once."""
    for number in range(1, 9):
        sshd.drop(f"{number}.edi", purchase_order(number=f"{number:09d}"))
    desk.receive()
    assert desk.judge() == 24

    def kill_soon() -> None:
        until = time.monotonic() + 10
        while len(os.listdir(sshd.root / "inbound")) < 3 and time.monotonic() < until:
            pass
        sshd.kill()

    killer = threading.Thread(target=kill_soon)
    killer.start()
    with pytest.raises(PartnerDown):
        api.send_ready(PARTNER, conninfo=desk.dsn)
    killer.join(20)
    with pytest.raises(PartnerDown):
        api.send_ready(PARTNER, conninfo=desk.dsn)
    assert desk.rows("select count(*) > 0 from ops.outbound_documents where state = 'ready'") == [(True,)]
    sshd.start()
    assert api.send_ready(PARTNER, conninfo=desk.dsn) > 0
    assert desk.rows(SENT) == [(name, "sent", 8) for name in ("855", "997", "TA1")]
    arrived = [path.name for path in (sshd.root / "inbound").iterdir() if not path.name.endswith(".part")]
    assert len(arrived) == 24
