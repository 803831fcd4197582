"""A mail server and a webhook that really listen, cases to tell of, and routes to tell them by."""

from __future__ import annotations

import email
import email.policy
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from crossdock.alerts import api
from crossdock.alerts.routes import Routes
from crossdock.db.connect import connect
from crossdock.stack.postgres import free_port

SECRET = "S3cret-of-the-mailbox"


@dataclass
class MailServer:
    """Keeps what it is given; `replies` are said, one a message, instead of taking it; `on_data` runs after taking."""

    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    on_data: Callable[[], None] | None = None

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.replies:
            return self.replies.pop(0)
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        if self.on_data:
            self.on_data()
        return "250 taken"

    def url(self, to: str = "warehouse@example.com") -> str:
        """As it stands in a connection."""
        return (
            f"mailto://crossdock:{SECRET}@127.0.0.1:{self.port}?mode=insecure"
            f"&from=Crossdock<crossdock@example.com>&to={to}"
        )

    def texts(self) -> list[str]:
        return [message.get_content() for message in self.messages]


@pytest.fixture
def mail() -> Iterator[MailServer]:
    """An SMTP server that wants a login."""
    server = MailServer(free_port())

    def login(_server, _session, _envelope, _mechanism, given) -> AuthResult:
        return AuthResult(success=given.password == SECRET.encode(), handled=False)

    controller = Controller(
        server, hostname="127.0.0.1", port=server.port, authenticator=login, auth_required=True, auth_require_tls=False
    )
    controller.start()
    yield server
    controller.stop()


@dataclass
class Webhook:
    """Answers with `statuses`, one a call, then 200; keeps headers and body of every call."""

    url: str
    statuses: list[int] = field(default_factory=list)
    calls: list[tuple[dict, dict]] = field(default_factory=list)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """An HTTP server that takes JSON."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            kept.calls.append((dict(self.headers), body))
            self.send_response(kept.statuses.pop(0) if kept.statuses else 200)
            self.end_headers()

        def log_message(self, *_args):
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept = Webhook(f"json://hook:{SECRET}@127.0.0.1:{server.server_port}/alerts")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kept
    server.shutdown()
    server.server_close()


@pytest.fixture
def channels(monkeypatch, mail, webhook) -> None:
    """Connections `mail`, `boss` and `hook`."""
    urls = {"mail": mail.url(), "boss": mail.url("boss@example.com"), "hook": webhook.url}
    for name, url in urls.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps({"conn_type": "apprise", "password": url}))


@dataclass
class Desk:
    """The product's database, a clock that moves by hand, and the calls that the DAG makes."""

    dsn: dict[str, str]
    connection: psycopg.Connection
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    number: int = 0

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    def case(self, code: str = "inventory_short_pick", **given) -> int:
        """Open a case; its order is new unless given."""
        self.number += 1
        values = {
            "lead_code": code,
            "subject_id": f"subject-{self.number}",
            "thread_id": f"thread-{self.number}",
            "order_id": f"order-{self.number}",
            "warehouse_code": "1710",
            "partner_id": None,
            "title": "Short pick of 3 pieces",
            "severity": "high",
            "owner_queue": "warehouse",
            "next_action": "Choose what to do",
            "next_actor": "crossdock",
            "since_at": datetime.now(UTC),
            "sla_due_at": datetime.now(UTC) + timedelta(hours=8),
            "opened_as_of": datetime.now(UTC),
            **given,
        }
        names = ", ".join(values)
        case_id = self.connection.execute(
            f"insert into ops.cases ({names}) values ({', '.join(f'%({name})s' for name in values)}) returning case_id",
            values,
        ).fetchone()[0]
        self.connection.commit()
        return case_id

    def move(self, case_id: int, *events: str, kind: str = "system") -> None:
        for event in events:
            self.connection.execute("select ops.move_case(%s, %s, 'somebody', %s, 'because')", [case_id, event, kind])
        self.connection.commit()

    def plan(self, routes: Routes, **options) -> int:
        with self.open() as connection:
            return api.plan(connection, routes=routes, now=self.now, **options)

    def escalate(self, routes: Routes) -> int:
        with self.open() as connection:
            return api.escalate(connection, routes=routes, now=self.now)

    def send(self, routes: Routes, limit: int = 100) -> api.Sent:
        return api.send_due(self.open, limit, routes=routes, now=self.now)

    def tell(self, routes: Routes) -> api.Sent:
        """What the DAG does every minute."""
        return api.tell(self.open, routes=routes, now=self.now).sent

    def open(self) -> psycopg.Connection:
        return connect("test alerts", conninfo=self.dsn["app"])

    def rows(self, sql: str, *values: object) -> list[tuple]:
        with psycopg.connect(self.dsn["auditor"], options="-c TimeZone=UTC") as auditor:
            return auditor.execute(sql, values or None).fetchall()

    def states(self) -> list[str]:
        return [state for (state,) in self.rows("select state from ops.alerts order by alert_id")]


@pytest.fixture
def desk(database, app, channels) -> Desk:
    return Desk(database, app)


def routes(watch: dict | None = None, people: dict | None = None, **given: dict) -> Routes:
    """Routes by name; what is not said of one: business, queue warehouse, channel mail, at once, window one hour."""
    usual = {"kind": "business", "audience": {"queue": "warehouse"}, "channel": "mail"}
    made = {name: usual | route for name, route in given.items()}
    return Routes.model_validate({"version": 1, "watch": watch or {}, "people": people or {}, "routes": made})
