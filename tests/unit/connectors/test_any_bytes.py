"""Whatever arrives, a parser gives records or says Unparsable; it never breaks the worker."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossdock.connectors.base import connector_for, feeds_of
from crossdock.core.errors import NotPermitted, Unparsable

SYSTEMS = ("sap_s4", "epcis", "easypost", "shopify", "zendesk", "standard")
FEEDS = [(system_type, feed) for system_type in SYSTEMS for feed in feeds_of(system_type)]

WORDS = """
    orders order id fulfillments fulfillment updated_at inventory_levels inventory_item_id location_id d results
    SalesOrder LastChangeDateTime DeliveryDocument LastChangeDate CreationDate Material Plant to_Item __metadata
    epcisBody eventList queryResults resultsBody event eventID type recordTime eventTime errorDeclaration
    declarationTime trackers object result description tickets ticket order_ref changed_at line_number
"""
NAMES = st.sampled_from(WORDS.split())
TEXTS = st.sampled_from(
    ["", "7", "2026-01-01T00:00:00Z", "/Date(1700000000000)/", "/Date(999999999999999)/", "ObjectEvent", "Tracker",
     "Event", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "\x00", "é\u2028"]
)  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=25
)


def read(system_type: str, feed: str, content: bytes) -> None:
    try:
        records = list(connector_for(system_type).records(feed, content))
    except Unparsable:
        return
    for record in records:
        assert record.native_id
        orjson.loads(record.payload)
        assert record.changed_at is None or record.changed_at.tzinfo


@pytest.mark.parametrize(("system_type", "feed"), FEEDS)
@given(tree=TREES)
def test_any_json(system_type, feed, tree):
    read(system_type, feed, json.dumps(tree).encode())


@pytest.mark.parametrize(("system_type", "feed"), FEEDS)
@given(content=st.binary(max_size=200))
def test_any_bytes(system_type, feed, content):
    read(system_type, feed, content)


@pytest.mark.parametrize(("system_type", "feed"), [f for f in FEEDS if f[0] == "standard"])
@given(text=st.text(alphabet='order_f,"\n\r;{}[]0\x00é', max_size=120))
def test_any_text_file(system_type, feed, text):
    from crossdock.connectors.standard.layout import columns

    read(system_type, feed, text.encode())
    read(system_type, feed, (",".join(columns(feed)) + "\n" + text).encode())


@pytest.mark.parametrize("depth", [200, 300, 900, 5000])
@pytest.mark.parametrize(("system_type", "feed"), FEEDS)
def test_deep_nesting(system_type, feed, depth):
    nested = b'{"x":' * depth + b"1" + b"}" * depth
    read(
        system_type,
        feed,
        b'{"orders":[%b],"d":{"results":[%b]},"trackers":[%b],"tickets":[%b],"eventList":[%b]}' % ((nested,) * 5),
    )
    read(system_type, feed, nested)


@pytest.mark.parametrize("system_type", SYSTEMS)
@given(headers=st.dictionaries(st.text(max_size=30), st.text(max_size=30)), body=st.binary(max_size=100))
def test_any_webhook_is_refused_without_a_signature(system_type, headers, body):
    from crossdock.core.connections import Connection

    connection = Connection("c", host="http://127.0.0.1:1", extra={"webhook_secret": "s3cret", "path": "/"})
    connector = connector_for(system_type, connection)
    with pytest.raises(NotPermitted):
        connector.verify(headers, body)
