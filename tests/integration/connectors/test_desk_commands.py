"""A help desk is told a thing once: a ticket for an external id, a comment for a key, a solution."""

from __future__ import annotations

import pytest

from crossdock.core.errors import Missing, PartnerDown, Refused

pytestmark = pytest.mark.usefixtures("fresh_order")
TICKET = {
    "external_id": "crossdock/case/12",
    "subject": "Order 1000017: a part of it comes later",
    "body": "Of order 1000017, 1 x SKU-1001 could not be sent with the rest.",
    "requester_email": "ana@example.com",
    "priority": "high",
    "tags": ["crossdock", "inventory_short_pick"],
}


@pytest.fixture
def desk(lab):
    made = lab.commands("zendesk")
    yield made
    made.close()


def tickets(lab) -> int:
    return lab.sql("select count(*) from lab.objects where kind = 'tickets'")[0][0] - 1


def comments(lab, ticket: str) -> list[str]:
    found = lab.sql(
        """select e ->> 'body' from lab.objects, jsonb_array_elements(body -> 'events') as e
           where kind = 'audits' and body ->> 'ticket_id' = %s and e ->> 'type' = 'Comment' order by seq""",
        ticket,
    )
    return [body for (body,) in found]


def test_a_ticket_is_opened_once_for_its_external_id(lab, desk):
    first = desk.do("open_ticket", TICKET, idempotency_key="k1")
    assert [desk.do("open_ticket", TICKET, idempotency_key=key) for key in ("k1", "k2")] == [first, first]
    shown = desk.read("ticket", first["ticket"])
    assert {name: shown[name] for name in ("external_id", "status", "priority", "tags")} == {
        "external_id": TICKET["external_id"], "status": "new", "priority": "high", "tags": TICKET["tags"]
    }  # fmt: skip
    assert tickets(lab) == 1
    told = {"ticket_id": int(first["ticket"]), "subject": TICKET["subject"], "tags": TICKET["tags"]}
    assert lab.interventions() == [("1000017", "ticket", told)]
    other = desk.do("open_ticket", TICKET | {"external_id": "crossdock/case/13"}, idempotency_key="k3")
    assert other != first


@pytest.mark.parametrize(
    ("says", "number"),
    [
        ({"external_id": "shop-main/order/1000018"}, "1000018"),
        ({"body": "See sap-main/sales_order/1."}, "2000001"),
        ({"body": "Order: 1000019   Customer: 17"}, "1000019"),
        ({"body": "Nothing of ours."}, None),
    ],
)
def test_the_world_hears_of_the_order_that_a_ticket_speaks_of(lab, desk, says, number):
    desk.do("open_ticket", TICKET | {"subject": "Help", "body": "?"} | says, idempotency_key="k1")
    assert [each for each, _, _ in lab.interventions()] == ([number] if number else [])


def test_a_comment_is_made_once_a_key(lab, desk):
    ticket = desk.do("open_ticket", TICKET, idempotency_key="k1")
    said = {**ticket, "body": "It left today."}
    for key in ("c1", "c1", "c2"):
        assert desk.do("comment", said, idempotency_key=key) == ticket
    assert comments(lab, ticket["ticket"]) == [TICKET["body"], said["body"], said["body"]]


def test_a_ticket_is_solved_once(lab, desk):
    ticket = desk.do("open_ticket", TICKET, idempotency_key="k1")
    for key in ("s1", "s1", "s2"):
        assert desk.do("solve", {**ticket, "body": "Done."}, idempotency_key=key) == ticket
    assert desk.read("ticket", ticket["ticket"])["status"] == "solved"
    assert comments(lab, ticket["ticket"]) == [TICKET["body"], "Done."]


@pytest.mark.parametrize("command", ["open_ticket", "comment", "solve"])
def test_an_answer_that_never_came_is_settled_by_reading(lab, desk, command):
    payload = TICKET
    if command != "open_ticket":
        payload = {**desk.do("open_ticket", TICKET, idempotency_key="k0"), "body": "It left today."}
    method = "POST" if command == "open_ticket" else "PUT"
    lab.misbehave("zendesk", "unanswered", times=1, seconds=0.1, method=method)
    with pytest.raises(PartnerDown):
        desk.do(command, payload, idempotency_key="k1")
    done = len(lab.sql("select 1 from lab.objects where kind = 'audits'"))
    again = desk.do(command, payload, idempotency_key="k1")
    assert again["ticket"].isdecimal()
    assert len(lab.sql("select 1 from lab.objects where kind = 'audits'")) == done
    assert tickets(lab) == 1


def test_noes(lab, desk):
    for command in ("comment", "solve"):
        with pytest.raises(Missing):
            desk.do(command, {"ticket": "4711", "body": "?"}, idempotency_key="k1")
    lab.sql("""update lab.objects set body = body || '{"status": "closed"}' where kind = 'tickets'""")
    with pytest.raises(Refused, match="closed prevents"):
        desk.do("comment", {"ticket": "9001", "body": "?"}, idempotency_key="k1")
    assert desk.do("solve", {"ticket": "9001", "body": "?"}, idempotency_key="k2") == {"ticket": "9001"}
    assert desk.read("ticket", "4711") is None
    assert lab.taken() == []
