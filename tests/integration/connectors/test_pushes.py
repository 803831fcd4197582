"""Webhooks as the lab's systems sign them are let in, and bring the very record that a poll brings."""

from __future__ import annotations

import orjson
import pytest

from crossdock.core.errors import NotPermitted
from crossdock_lab.systems.pushes import Push, message
from lab_samples import NOW

PUSHES = [
    ("epcis", "events", "wms", "epcis.events"),
    ("easypost", "trackers", "easypost", "tracker.updated"),
    ("shopify", "orders", "shop", "orders/updated"),
    ("shopify", "fulfillments", "shop", "fulfillments/update"),
]


@pytest.mark.parametrize(("system_type", "feed", "face", "topic"), PUSHES)
def test_a_signed_push_brings_the_record_of_the_poll(lab, system_type, feed, face, topic):
    connector = lab.connector(system_type)
    polled = {r.native_id: r for page in connector.pages(feed, {}) for r in connector.records(feed, page.content)}
    secret = lab.connection(system_type).extra["webhook_secret"]
    known = sorted(polled.values(), key=lambda record: record.native_id)[0]
    push = Push(1, face, topic, orjson.loads(known.payload), NOW, 1, 0)
    body, headers = message(push, secret)
    connector.verify(headers, body)
    assert connector.route(headers, body) == feed
    assert list(connector.records(feed, body)) == [known]
    with pytest.raises(NotPermitted):
        connector.verify(headers, body.replace(b"2026", b"2027"))


def test_tickets_come_in_pages_by_zendesks_own_cursor(lab):
    lab.sql(
        """
        insert into lab.objects (system, kind, object_id, body, created_at, changed_at)
        select system, kind, (9001 + n)::text, body || jsonb_build_object('id', 9001 + n), created_at,
            changed_at + make_interval(secs => n)
        from lab.objects, generate_series(1, 9) as n where system = 'zendesk'
        """
    )
    connector = lab.connector("zendesk", page_size=4)
    pages = list(connector.pages("tickets", {}))
    ids = [record.native_id for page in pages for record in connector.records("tickets", page.content)]
    assert (len(pages), ids) == (3, [str(9001 + n) for n in range(10)])
    assert next(iter(connector.pages("tickets", pages[0].cursor))).content == pages[1].content
    assert [
        list(connector.records("tickets", page.content)) for page in connector.pages("tickets", pages[-1].cursor)
    ] == [[]]
