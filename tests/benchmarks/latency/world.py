"""Orders under way, made from the partners' own samples: each a shop order, a sales order, a delivery and a tracker."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import psycopg

from crossdock.connectors.base import Page, connector_for
from crossdock.core import clock
from crossdock.core.settings import settings
from crossdock.landing.feeds import feed
from crossdock.landing.store import land_records, store_document
from crossdock.lanes import models
from crossdock.lanes.lane import Lane
from crossdock.onboarding.load import sync

NOW = datetime(2026, 3, 6, 10, tzinfo=UTC)
ON_TIME = "2026-03-07T00:00:00Z"
STORY = (("shop-main", "orders"), ("sap-main", "sales_orders"), ("sap-main", "deliveries"), ("easypost", "trackers"))
AT_ONCE = 250


@cache
def sample(partner_id: str, name: str, file: str = "page") -> str:
    """A sample of a partner, as text without spaces."""
    path = settings().partner_dirs[0] / partner_id / "samples" / name / "good" / f"{file}.json"
    return json.dumps(json.loads(Path(path).read_text()), separators=(",", ":"))


def numbered(text: str, number: int) -> str:
    """The sample's order 17 as another order: its numbers occur in every id of the story."""
    other = 1_000_000 + number
    return text.replace("1000017", str(other)).replace("0000000017", f"{number:010d}").replace("0f4251", f"{other:06x}")


def push(number: int, version: int, *, late: bool) -> bytes:
    """A tracker's webhook: version `version` of the tracker of order `number`, `late` beyond the promise or not."""
    data = json.loads(numbered(sample("easypost", "trackers", "push"), number))
    at = datetime(2026, 3, 6, 9, tzinfo=UTC) + timedelta(milliseconds=version)
    data["result"]["updated_at"] = at.isoformat()
    data["result"]["est_delivery_date"] = "2026-03-09T12:00:00Z" if late else ON_TIME
    return json.dumps(data, separators=(",", ":")).encode()


def fill(dsn: dict[str, str], orders: int) -> None:
    """Land and derive `orders` orders, all on time; business time stands still."""
    with psycopg.connect(dsn["app"], autocommit=True, options="-c TimeZone=UTC") as connection:
        with connection.transaction():
            sync(connection, settings().partner_dirs)
        clock.follow(connection, NOW, 0)
        lane = Lane(connection, models.load(conninfo=dsn["dbt"]))
        for start in range(1, orders + 1, AT_ONCE):
            _land(connection, range(start, min(start + AT_ONCE, orders + 1)))
            while lane.drain().records:
                pass


def _land(connection: psycopg.Connection, numbers: range) -> None:
    for partner_id, name in STORY:
        chosen = feed(connection, partner_id, name)
        connector = connector_for(chosen.system_type)
        documents = []
        for number in numbers:
            content = numbered(sample(partner_id, name), number).encode()
            stored = store_document(
                connection, chosen.feed_id, Page(content, "application/json", "bench"), correlation_id="bench"
            )
            documents.append((stored.document_id, list(connector.records(chosen.kind, content))))
        land_records(connection, chosen.feed_id, documents)
