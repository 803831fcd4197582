"""The two questions that the command line asks of Airflow, answered for a test's users."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USERS = {"ada": ["Warehouse"], "finn": ["Finance"], "vic": ["Viewer"], "root": ["Admin"]}
"""Login → Airflow roles."""


class Airflow(BaseHTTPRequestHandler):
    """The two questions that are asked of Airflow: a token, and the roles of a user."""

    def do_POST(self):
        self._say(200, {"access_token": "a-token"})

    def do_GET(self):
        user = self.path.rsplit("/", 1)[-1]
        if user not in USERS:
            self._say(404, {})
        else:
            self._say(200, {"username": user, "roles": [{"name": name} for name in USERS[user]]})

    def _say(self, status: int, body: dict) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_args):
        """Say nothing."""


@contextmanager
def airflow_connection() -> Iterator[str]:
    """A server while it lasts; the connection to it as AIRFLOW_CONN_AIRFLOW_QUESTIONS has it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Airflow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"http://127.0.0.1:{server.server_port}"
    yield json.dumps({"conn_type": "http", "host": host, "login": "x", "password": "y"})
    server.shutdown()
