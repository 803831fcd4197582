"""How the product reaches the lab: Airflow connections, with the lab's own secrets.

`crossdock lab connections` prints them; whoever starts the product gives them to it as `AIRFLOW_CONN_<ID>`.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import psycopg

from crossdock_lab.systems import secrets
from crossdock_lab.systems.chat.service import ROOM
from crossdock_lab.systems.sap.service import LOGIN as SAP_LOGIN
from crossdock_lab.systems.sftp import LOGIN, RETURNS_LOGIN, known_host
from crossdock_lab.systems.zendesk.service import LOGIN as ZENDESK_LOGIN

BEARER = {"auth": "bearer"}
SHOP_HEADER = {"auth": "header", "auth_header": "X-Shopify-Access-Token"}


def connections(dsn: str, base_url: str, sftp_host: str, sftp_port: int) -> dict[str, dict]:
    """{connection id: Airflow connection JSON} for a lab at `base_url` and its mailboxes."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        kept = secrets.kept(connection)
    base = base_url.rstrip("/")
    mailbox = {
        "conn_type": "sftp",
        "host": sftp_host,
        "port": sftp_port,
        "extra": {"host_key": known_host(kept["x12_host_key"])},
    }
    return {
        "sap_main": _http(base, SAP_LOGIN, kept["sap"]),
        "wms_main": _http(f"{base}/wms", "", kept["wms"], BEARER | _hook(kept["wms_webhook"])),
        "easypost": _http(f"{base}/easypost", kept["easypost"], "", _hook(kept["easypost_webhook"])),
        "shop_main": _http(f"{base}/shop", "", kept["shop"], SHOP_HEADER | _hook(kept["shop_webhook"])),
        "zendesk": _http(f"{base}/zendesk", ZENDESK_LOGIN, kept["zendesk"]),
        "crossdock_alerts": {"conn_type": "apprise", "password": _chat(base, kept["chat"])},
        "acme_edi": mailbox | {"login": LOGIN, "password": kept["x12"]},
        "returns_main": mailbox | {"login": RETURNS_LOGIN, "password": kept["returns"]},
    }


def _chat(base: str, token: str) -> str:
    """The chat's webhook as an Apprise URL."""
    place = urlsplit(base)
    scheme = "jsons" if place.scheme == "https" else "json"
    return f"{scheme}://{place.netloc}{place.path}/chat/hooks/{ROOM}?-token={quote(token)}"


def _http(host: str, login: str, password: str, extra: dict | None = None) -> dict:
    return {"conn_type": "http", "host": host, "login": login, "password": password, "extra": extra or {}}


def _hook(secret: str) -> dict:
    return {"webhook_secret": secret}
