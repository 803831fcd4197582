"""Webhooks: signatures as each system makes them, and the feed each belongs to."""

from __future__ import annotations

import orjson
import pytest

from crossdock.connectors.base import connector_for
from crossdock.core.connections import Connection
from crossdock.core.errors import Misconfigured, NotPermitted, Unparsable
from crossdock.transport import signatures

SECRET = "sécret"
BODY = b'{"id":1}'


def connector(system_type: str, secret: str = SECRET, **settings):
    return connector_for(system_type, Connection("c", host="http://x", extra={"webhook_secret": secret}), settings)


def test_shopify_signs_in_base64():
    headers = {"X-Shopify-Hmac-Sha256": signatures.sign(SECRET, BODY, encoding="base64")}
    connector("shopify").verify(headers, BODY)
    with pytest.raises(NotPermitted, match="does not match"):
        connector("shopify").verify(headers, BODY + b" ")
    with pytest.raises(NotPermitted):
        connector("shopify").verify({}, BODY)


def test_easypost_signs_in_hex_with_the_secret_in_nfkd():
    composed = "s\u00e9cret"
    decomposed = "se\u0301cret"
    headers = {"x-hmac-signature": "hmac-sha256-hex=" + signatures.sign(decomposed, BODY)}
    connector("easypost", composed).verify(headers, BODY)
    with pytest.raises(NotPermitted):
        connector("easypost", composed).verify({"X-Hmac-Signature": signatures.sign(decomposed, BODY)}, BODY)


def test_epcis_signs_under_the_header_that_was_agreed():
    connector("epcis").verify({"x-signature-sha256": signatures.sign(SECRET, BODY)}, BODY)
    agreed = connector("epcis", signature_header="X-Hub-Signature-256", signature_prefix="sha256=")
    agreed.verify({"X-Hub-Signature-256": "sha256=" + signatures.sign(SECRET, BODY)}, BODY)
    with pytest.raises(NotPermitted):
        agreed.verify({"X-Hub-Signature-256": signatures.sign(SECRET, BODY)}, BODY)


@pytest.mark.parametrize("system_type", ["shopify", "easypost", "epcis"])
def test_without_a_secret_nobody_is_let_in_and_the_operator_is_told(system_type):
    with pytest.raises(Misconfigured, match="webhook_secret"):
        connector(system_type, "").verify({"X-Shopify-Hmac-Sha256": ""}, BODY)


@pytest.mark.parametrize(
    ("topic", "feed"),
    [("orders/updated", "orders"), ("orders/create", "orders"), ("fulfillments/update", "fulfillments"),
     ("inventory_levels/update", "inventory_levels")],
)  # fmt: skip
def test_shopify_topics(topic, feed):
    assert connector("shopify").route({"X-Shopify-Topic": topic}, BODY) == feed


def test_a_topic_that_no_feed_reads_is_named():
    with pytest.raises(Unparsable, match="'app/uninstalled'"):
        connector("shopify").route({"X-Shopify-Topic": "app/uninstalled"}, BODY)


def test_easypost_events_are_routed_by_what_they_describe():
    assert connector("easypost").route({}, orjson.dumps({"description": "tracker.updated"})) == "trackers"
    with pytest.raises(Unparsable, match=r"batch\.created"):
        connector("easypost").route({}, orjson.dumps({"description": "batch.created"}))
    assert connector("epcis").route({}, BODY) == "events"
