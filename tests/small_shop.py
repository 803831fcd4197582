"""A partner whose orders come as files of a folder: `my-shop`, for the tests that need no more than that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from crossdock.db.connect import connect
from crossdock.onboarding.load import sync

PARTNER = """
partner: my-shop
name: My shop
system_type: standard
role: marketplace
connection: my_shop
owner: order-management
feeds:
  orders: {mode: file, files: orders*.csv}
"""


def small_shop(conninfo: str, folder: Path, monkeypatch: pytest.MonkeyPatch, orders: str) -> Path:
    """Have the product know the partner; its mailbox, with one file of `orders` (CSV) in it."""
    partner, mailbox = folder / "my-shop", folder / "mailbox"
    partner.mkdir()
    mailbox.mkdir()
    (partner / "partner.yaml").write_text(PARTNER)
    (mailbox / "orders_1.csv").write_text(orders)
    monkeypatch.setenv("AIRFLOW_CONN_MY_SHOP", json.dumps({"conn_type": "fs", "extra": {"path": str(mailbox)}}))
    with connect("test", conninfo=conninfo) as connection:
        sync(connection, [partner])
    return mailbox
