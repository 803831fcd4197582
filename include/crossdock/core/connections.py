"""Connections: host, login and secret of a partner's system, looked up by id.

The format is Airflow's own (`AIRFLOW_CONN_<ID>` as JSON), so that one declaration serves the DAGs and the
processes that never import Airflow. A DAG may install another resolver (Airflow's database, a secrets backend).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field

from crossdock.core.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Connection:
    """One endpoint and its credentials. `extra` holds what the system type needs beyond them."""

    conn_id: str
    conn_type: str = "http"
    host: str = ""
    port: int | None = None
    login: str = ""
    password: str = field(default="", repr=False)
    schema: str = ""
    extra: dict = field(default_factory=dict, repr=False)

    @property
    def base_url(self) -> str:
        """`host` as a URL without a trailing slash; a bare host name means https."""
        host = self.host if "://" in self.host else f"https://{self.host}"
        port = f":{self.port}" if self.port and not host.rsplit(":", 1)[-1].isdigit() else ""
        return f"{host.rstrip('/')}{port}"


def from_environment(conn_id: str) -> Connection:
    """Read `AIRFLOW_CONN_<ID>` (JSON). Raises Misconfigured when it is absent or not JSON."""
    variable = f"AIRFLOW_CONN_{conn_id.upper()}"
    text = os.environ.get(variable)
    if text is None:
        raise Misconfigured(
            f"connection {conn_id!r} is not defined",
            hint=f"set {variable} to JSON with conn_type, host, login, password",
        )
    try:
        given = json.loads(text)
    except json.JSONDecodeError as error:
        raise Misconfigured(
            f"{variable} is not JSON: {error.msg} at character {error.pos}",
            hint="quote it as one JSON object",
        ) from None
    extra = given.get("extra") or {}
    return Connection(
        conn_id=conn_id,
        conn_type=given.get("conn_type", "http"),
        host=given.get("host") or "",
        port=given.get("port"),
        login=given.get("login") or "",
        password=given.get("password") or "",
        schema=given.get("schema") or "",
        extra=json.loads(extra) if isinstance(extra, str) else extra,
    )


_resolver: Callable[[str], Connection] = from_environment


def use_resolver(resolver: Callable[[str], Connection]) -> None:
    """Look connections up through `resolver` from now on, in this process."""
    global _resolver
    _resolver = resolver


def connection(conn_id: str) -> Connection:
    """The connection with this id."""
    return _resolver(conn_id)
