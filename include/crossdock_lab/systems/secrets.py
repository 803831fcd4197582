"""The lab's secrets: made once, kept in the lab's database where a new world does not wipe them, shown as connections.

The product never reads them there: `crossdock lab connections` prints them for whoever starts it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

import psycopg

from crossdock_lab.systems.sftp import new_host_key


def new_secret() -> str:
    return secrets.token_urlsafe(24)


MAKERS: dict[str, Callable[[], str]] = {
    **dict.fromkeys(("sap", "wms", "easypost", "shop", "zendesk", "x12", "returns", "control", "chat"), new_secret),
    **dict.fromkeys(("wms_webhook", "easypost_webhook", "shop_webhook"), new_secret),
    "x12_host_key": new_host_key,
}


def kept(connection: psycopg.Connection) -> dict[str, str]:
    """Every secret by name; those that are not there yet are made."""
    connection.execute("create schema if not exists faces")
    connection.execute("create table if not exists faces.secrets (name text primary key, value text not null)")
    have = dict(connection.execute("select name, value from faces.secrets").fetchall())
    for name, make in MAKERS.items():
        if name not in have:
            connection.execute("insert into faces.secrets values (%s, %s) on conflict do nothing", [name, make()])
    return dict(connection.execute("select name, value from faces.secrets").fetchall())
