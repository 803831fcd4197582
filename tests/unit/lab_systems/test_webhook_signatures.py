"""Webhooks are wrapped and signed as each sender documents it; the product's own checks accept them."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
import pytest

import lab_samples as samples
from crossdock.connectors.easypost import hooks as easypost_hooks
from crossdock.connectors.shopify import hooks as shopify_hooks
from crossdock.core.errors import NotPermitted
from crossdock.transport import signatures
from crossdock_lab.systems.easypost import payloads as easypost
from crossdock_lab.systems.epcis import payloads as epcis
from crossdock_lab.systems.pushes import Push, message
from crossdock_lab.systems.shopify import payloads as shopify

SECRET = "sécret"
DUE = datetime(2026, 3, 3, tzinfo=UTC)
ORDER = samples.order()


def push(system: str, topic: str, body: dict) -> Push:
    return Push(1, system, topic, body, DUE, 1, 0)


def test_easypost_signs_with_the_normalised_secret() -> None:
    """The Event around the tracker is signed, and the same again on a second try."""
    given = push("easypost", "tracker.updated", easypost.tracker(samples.tracker(ORDER)))
    body, headers = message(given, SECRET)
    easypost_hooks.verify(SECRET, headers, body)
    assert easypost_hooks.route(headers, body) == "trackers"
    assert message(given, SECRET) == (body, headers)
    with pytest.raises(NotPermitted):
        easypost_hooks.verify(SECRET, headers, body + b" ")


def test_shopify_signs_in_base64_and_names_the_topic() -> None:
    """The body is the order itself."""
    order = shopify.order(samples.shop_order(ORDER))
    body, headers = message(push("shop", "orders/updated", order), SECRET)
    shopify_hooks.verify(SECRET, headers, body)
    assert (shopify_hooks.route(headers, body), orjson.loads(body)) == ("orders", order)
    assert headers["X-Shopify-Webhook-Id"]


def test_the_warehouse_signs_in_hex() -> None:
    """An EPCISDocument around one event."""
    event = epcis.event(samples.warehouse_event(ORDER))
    body, headers = message(push("wms", "epcis.events", event), SECRET)
    signatures.verify(SECRET, body, headers["X-Signature-SHA256"])
    assert orjson.loads(body)["epcisBody"]["eventList"] == [event]
