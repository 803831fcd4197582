"""Alerts by e-mail to mail-devel, a mail server that nobody here wrote, and read again by IMAP as people's programs do.

Install `tests/peers/mail/requirements.txt` into `<peers>/mocks`, or put its `mail_devel` on the PATH.
"""

from __future__ import annotations

import email
import email.policy
import imaplib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from crossdock.alerts import channels
from crossdock.core.errors import NotPermitted, PartnerDown
from crossdock.stack.postgres import free_port

PASSWORD = "s3cret"


def command() -> str:
    folder = Path(os.environ.get("CROSSDOCK_PEERS", Path.home() / ".cache/crossdock-peers"))
    installed = folder / "mocks/bin/mail_devel"
    found = str(installed) if installed.exists() else shutil.which("mail_devel")
    if not found:
        pytest.skip("mail-devel is not installed: see tests/peers/mail/requirements.txt")
    return found


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """SMTP and IMAP port of the server."""
    smtp, imap = free_port(), free_port()
    arguments = ["--host", "127.0.0.1", "--smtp-port", str(smtp), "--imap-port", str(imap), "--no-http"]
    account = ["--user", "warehouse@example.org", "--password", PASSWORD, "--multi-user", "--auth-required"]
    process = subprocess.Popen([command(), *arguments, *account], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 20
    while True:
        try:
            imaplib.IMAP4("127.0.0.1", imap).logout()
            break
        except OSError:
            assert time.monotonic() < until, "mail-devel did not start"
            time.sleep(0.05)
    yield smtp, imap
    process.terminate()
    process.wait(10)


def send(monkeypatch, port: int, key: str, subject: str, body: str, password: str = PASSWORD) -> str:
    url = (
        f"mailto://warehouse%40example.org:{password}@127.0.0.1:{port}?mode=insecure&smtp=127.0.0.1"
        "&from=crossdock@example.org&to=warehouse@example.org"
    )
    monkeypatch.setenv("AIRFLOW_CONN_MAIL", json.dumps({"password": url}))
    return channels.send("mail", key, subject, body, "high", datetime(2026, 11, 20, 10, 30, tzinfo=UTC))


def inbox(port: int) -> list[EmailMessage]:
    with imaplib.IMAP4("127.0.0.1", port) as imap:
        imap.login("warehouse@example.org", PASSWORD)
        imap.select("INBOX")
        _, (numbers,) = imap.search(None, "ALL")
        parts = [imap.fetch(number, "(RFC822)")[1][0][1] for number in numbers.split()]
    return [email.message_from_bytes(part, policy=email.policy.default) for part in parts]


def test_a_mail_arrives_as_it_was_written(ports, monkeypatch):
    """Subject and text in any script, sender, date, and the Message-ID that its key makes."""
    smtp, imap = ports
    assert (
        send(monkeypatch, smtp, "key-1", "Frist versäumt: Größe", "Auftrag 1: fällig\n") == "e-mail, 1 of 1 recipients"
    )
    (message,) = inbox(imap)
    assert message["Subject"] == "Frist versäumt: Größe"
    assert message.get_content().replace("\r\n", "\n") == "Auftrag 1: fällig\n"
    assert message["Message-ID"] == "<crossdock.key-1@example.org>"
    assert message["Date"].datetime == datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    assert message["From"].addresses[0].addr_spec == "crossdock@example.org"


def test_a_second_try_carries_the_same_message_id(ports, monkeypatch):
    """What a mailbox needs to show it once."""
    smtp, imap = ports
    for _ in range(2):
        send(monkeypatch, smtp, "key-2", "twice", "x")
    found = [message["Message-ID"] for message in inbox(imap) if message["Subject"] == "twice"]
    assert set(found) == {"<crossdock.key-2@example.org>"}


def test_a_wrong_password_is_a_no_and_a_closed_port_a_flake(ports, monkeypatch):
    """So a person mends the first and time the second."""
    with pytest.raises(NotPermitted):
        send(monkeypatch, ports[0], "key-3", "s", "b", password="wrong")
    with pytest.raises(PartnerDown):
        send(monkeypatch, free_port(), "key-4", "s", "b")
